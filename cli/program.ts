import { createRequire } from 'node:module'
import { Command } from 'commander'
import {
  addConfigurationFlags, addServeStaticFlags, addStartFlags, readConfigurationFlags, readTlsFlags,
  type ServeStaticFlags, type StartFlags
} from './flags.ts'
import type { Terminal } from './terminal.ts'

const examples = {
  program: `
Examples:
  fastify-gateway start                 the apps of this project, on port 8000
  fastify-gateway start --demo          four example apps, to look around
  fastify-gateway start --help          every flag of a command`,
  start: `
A configuration file is JSON, or a module that exports the options. Flags win
over it. Without one, the apps are the folders in ./apps.

The routes and the address are printed to standard output. The log follows
them there: as text on a terminal, otherwise as JSON, one object a line.

Examples:
  fastify-gateway start --port 3000 --config deploy/gateway.config.json
  fastify-gateway start --upstream 'users=10.0.0.5:8001*3,10.0.0.6:8001'
                                        three of four requests to the first
  fastify-gateway start --upstream '=127.0.0.1:9000'
                                        the app without a prefix
  fastify-gateway start --port 8443 --tls-cert cert.pem --tls-key key.pem
                                        HTTPS and HTTP/2; new files are seen by
                                        themselves, and at once after SIGHUP
  fastify-gateway start --workers auto  one process a core; SIGHUP reads the
                                        configuration anew and replaces them
                                        one by one`,
  serveStatic: `
Who navigates to what is no file gets index.html; a missing script or image
stays 404. The API gets the path without its prefix.

Examples:
  fastify-gateway serve-static --root dist
  fastify-gateway serve-static --api-target http://127.0.0.1:9000/api
                                        an API that wants the prefix itself`,
}

/** Gets the exit code of the command that ran. */
type Done = (exitCode: number) => void

/**
 * The command line. A command's module is loaded when it runs: help and usage errors need no server.
 * @returns a program that throws commander's errors instead of ending the process
 */
export function createProgram (terminal: Terminal, done: Done): Command {
  const program = new Command('fastify-gateway')
    .description('An API gateway: one port for all the apps of a project, each behind its prefix.')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', examples.program)
    .exitOverride()
    .configureOutput({ getOutHelpWidth: () => terminal.width, getErrHelpWidth: () => terminal.width, outputError })
  addStart(program, terminal, done)
  addServeStatic(program, terminal, done)
  addRoutes(program, terminal, done)
  addCheck(program, terminal, done)
  return program
}

function addStart (program: Command, terminal: Terminal, done: Done): void {
  const command = program.command('start')
    .summary('run the gateway')
    .description('Runs the gateway until SIGTERM or SIGINT.')
    .addHelpText('after', examples.start)
  addConfigurationFlags(addStartFlags(command)).action(async (flags: StartFlags) => {
    const { start } = await import('./start.ts')
    done(await start(readConfigurationFlags(command), flags, terminal))
  })
}

function addServeStatic (program: Command, terminal: Terminal, done: Done): void {
  const command = program.command('serve-static')
    .summary('serve a single-page app and its API')
    .description('Serves a single-page app, and its API below a prefix, until SIGTERM or SIGINT.')
    .addHelpText('after', examples.serveStatic)
  addServeStaticFlags(command).action(async (flags: ServeStaticFlags) => {
    const { serveStatic } = await import('./serve-static.ts')
    done(await serveStatic(flags, readTlsFlags(command), terminal))
  })
}

function addRoutes (program: Command, terminal: Terminal, done: Done): void {
  const command = program.command('routes')
    .summary('print the routing table')
    .description('Prints the routing table and exits.')
    .option('--json', 'as JSON, with an example for each route')
  addConfigurationFlags(command).action(async (flags: { json?: boolean }) => {
    const { routes } = await import('./routes.ts')
    done(await routes(readConfigurationFlags(command), flags, terminal))
  })
}

function addCheck (program: Command, terminal: Terminal, done: Done): void {
  const command = program.command('check')
    .summary('validate the configuration')
    .description('Validates the configuration, prints every problem, and exits 1 if there is one.')
  addConfigurationFlags(command).action(async () => {
    const { check } = await import('./check.ts')
    done(await check(readConfigurationFlags(command), terminal))
  })
}

/** commander puts its "Did you mean" on a second line. */
function outputError (text: string, write: (text: string) => void): void {
  write(`${text.trimEnd().replaceAll('\n', ' ')}\n`)
}

function readVersion (): string {
  // By the package's own name: relative to this file, package.json is elsewhere in the compiled command than in the
  // source.
  const { version } = createRequire(import.meta.url)('fastify-gateway/package.json') as { version: string }
  return version
}
