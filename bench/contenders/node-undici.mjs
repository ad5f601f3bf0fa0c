import http from 'node:http'
import { Pool } from 'undici'
import { announce } from '../announce.mjs'

// The least that a proxy on undici costs: headers as they come, hop-by-hop ones too, no timeouts, no accounting. Not a
// proxy to use.
const pool = new Pool(process.argv[2], { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })

/** Passes a response from undici to the client. Raw headers, as the gateway takes them: the parsed ones cost more. */
class ResponseHandler {
  #response
  #resume

  /** @param {http.ServerResponse} response */
  constructor (response) {
    this.#response = response
  }

  onConnect () {}

  onHeaders (statusCode, rawHeaders, resume) {
    this.#resume = resume
    this.#response.writeHead(statusCode, rawHeaders.map(text => text.latin1Slice()))
    return true
  }

  onData (chunk) {
    // The client has gone: the rest is read and dropped, as there will be no drain.
    if (this.#response.write(chunk) || this.#response.destroyed) return true
    this.#response.once('drain', this.#resume)
    return false
  }

  onComplete () {
    this.#response.end()
  }

  onError (error) {
    this.#response.destroy(error)
  }
}

const server = http.createServer((request, response) => {
  const { method, url: path, rawHeaders: headers } = request
  pool.dispatch({ method, path, headers, body: method === 'GET' ? null : request }, new ResponseHandler(response))
})
server.listen(0, '127.0.0.1', () => announce([server]))
