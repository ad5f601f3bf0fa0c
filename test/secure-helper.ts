// Until the rooms of test/lib import from helpers/ themselves.
export * from './helpers/certificates.ts'
