// Socket.IO with its Redis streams adapter, as its documentation shows it.
const { createServer } = require('node:http')
const { createAdapter } = require('@socket.io/redis-streams-adapter')
const { createClient } = require('redis')
const { Server } = require('socket.io')
const { say } = require('./pace.js')

async function main() {
  const redis = createClient({ url: process.env.REDIS_URL })
  await redis.connect()
  const http = createServer()
  const io = new Server(http, { adapter: createAdapter(redis) })
  io.on('connection', (socket) => socket.join(`user:${socket.handshake.query.user}`))
  http.listen(0, '127.0.0.1', 1024, () => say({ port: http.address().port }))
  process.stdin.resume().on('end', () => process.exit(0))
}

main()
