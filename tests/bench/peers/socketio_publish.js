// Who publishes for the Socket.IO server: another server on the same adapter, without clients.
const { createAdapter } = require('@socket.io/redis-streams-adapter')
const { createClient } = require('redis')
const { Server } = require('socket.io')
const { obey } = require('./pace.js')

async function main() {
  const redis = createClient({ url: process.env.REDIS_URL })
  await redis.connect()
  const io = new Server({ adapter: createAdapter(redis) })
  io.of('/')
  obey(
    (event) => io.emit('event', event),
    (user, event) => io.to(`user:${user}`).emit('event', event),
  )
}

main()
