import { findCommand } from '../commands.mjs'
import { runForeign } from '../foreign.mjs'

const { host: target } = new URL(process.argv[2])

// One process, no access log; connections to the target and from the load are kept for as long as the others keep them.
const configure = ({ port, folder }) => `
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  client_max_body_size 0;
  keepalive_requests 1000000000;
  client_body_temp_path ${folder}/client_body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  map $http_upgrade $connection_to_target { '' ''; default upgrade; }
  upstream target {
    server ${target};
    keepalive 64;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Connection $connection_to_target;
    proxy_set_header Upgrade $http_upgrade;
    location /bench/ { proxy_pass http://target; }
    location /bench/events { proxy_pass http://target; proxy_buffering off; }
  }
}
`

await runForeign(findCommand('nginx'), place => ['-e', 'stderr', '-p', place.folder, '-c', place.write('nginx.conf', configure(place))])
