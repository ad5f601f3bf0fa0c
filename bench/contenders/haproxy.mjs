import { findCommand } from '../commands.mjs'
import { runForeign } from '../foreign.mjs'

const { host: target } = new URL(process.argv[2])

const configure = ({ port }) => `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  http-reuse always
listen bench
  bind 127.0.0.1:${port}
  server target ${target}
`

// -db: in the foreground, as one process. Without a log target it logs nothing.
await runForeign(findCommand('haproxy'), place => ['-db', '-f', place.write('haproxy.cfg', configure(place))])
