// Until the rooms of test/lib import from helpers/ themselves.
export * from './helpers/raw-client.ts'
export * from './helpers/servers.ts'
export { startCannedUpstream, startRawUpstream, startUpstream } from './helpers/upstreams.ts'
