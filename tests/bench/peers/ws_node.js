// Plain Node with `ws`, as its documentation shows it.
const { WebSocket, WebSocketServer } = require('ws')
const { obey, say } = require('./pace.js')

const users = new Map()
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  say({ port: server.address().port })
})

server.on('connection', (socket, request) => {
  const user = Number(new URL(request.url, 'http://localhost').searchParams.get('user'))
  users.set(user, socket)
  socket.on('error', console.error)
  socket.on('close', () => users.delete(user))
})

function broadcast(event) {
  const message = JSON.stringify(event)
  server.clients.forEach((client) => {
    if (client.readyState === WebSocket.OPEN) client.send(message)
  })
}

obey(broadcast, (user, event) => users.get(user).send(JSON.stringify(event)))
