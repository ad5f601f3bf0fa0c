import http from 'node:http'
import { WebSocketServer } from 'ws'
import { announce } from '../announce.mjs'

// Sends every message back that comes over a WebSocket.

const server = http.createServer((request, response) => response.writeHead(426).end())
new WebSocketServer({ server }).on('connection', socket => {
  socket.on('message', (message, binary) => socket.send(message, { binary }))
})
server.listen(0, '127.0.0.1', () => announce([server]))
