-- For wrk, which has no option for a body: `wrk -s post.lua URL -- BYTES` posts so many bytes of JSON.
function init (args)
  local size = tonumber(args[1])
  wrk.method = 'POST'
  wrk.headers['Content-Type'] = 'application/json'
  wrk.body = '"' .. string.rep('x', size - 2) .. '"'
end
