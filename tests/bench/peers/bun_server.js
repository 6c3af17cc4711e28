// Bun's own server with its publish and subscribe, as its documentation shows it.
const { obey, say } = require('./pace.js')

const users = new Map()
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, server) {
    const user = Number(new URL(request.url).searchParams.get('user'))
    if (server.upgrade(request, { data: { user } })) return
    return new Response('Upgrade failed', { status: 500 })
  },
  websocket: {
    open(socket) {
      socket.subscribe('events')
      users.set(socket.data.user, socket)
    },
    message() {},
    close(socket) {
      users.delete(socket.data.user)
    },
  },
})

say({ port: server.port })
obey(
  (event) => server.publish('events', JSON.stringify(event)),
  (user, event) => users.get(user).send(JSON.stringify(event)),
)
