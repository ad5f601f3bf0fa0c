import t from 'tap'
import { runCommand } from './command.ts'

const configurationFlags = ['--config', '--upstream', '--default-upstream', '--fastapi-redirect', '--no-redirect-cache', '--add-slashes', '--tls-cert', '--tls-key']

const pages = {
  '--help': ['start', 'routes', 'check'],
  'start --help': ['--host', '--port', '--workers', '--debug', '--demo', ...configurationFlags],
  'serve-static --help': ['--host', '--port', '--root', '--api-prefix', '--api-target', '--tls-cert', '--tls-key'],
  'routes --help': ['--json', ...configurationFlags],
  'check --help': configurationFlags,
}

for (const [args, words] of Object.entries(pages)) {
  t.test(`${args} says everything in lines of 80 columns`, async t => {
    const { exitCode, stdout, stderr } = await runCommand(t, args.split(' '))
    t.equal(exitCode, 0)
    t.equal(stderr, '')
    for (const word of words) t.match(stdout, new RegExp(`^  ${word}\\b`, 'm'))
    for (const line of stdout.split('\n')) t.ok(line.length <= 80, line)
  })
}

const mistakes = {
  'an unknown flag': ['start --prot 1', "error: unknown option '--prot' (Did you mean --port?)"],
  'an unknown flag of another command': ['routes --jsn', "error: unknown option '--jsn' (Did you mean --json?)"],
  'an unknown command': ['strat', "error: unknown command 'strat' (Did you mean start?)"],
  'an argument too many': ['check twice', "error: too many arguments for 'check'. Expected 0 arguments but got 1."],
  'a flag without its value': ['start --port', "error: option '--port <number>' argument missing"],
  'a port that is none': ['start --port 65536', "error: option '--port <number>' argument '65536' is invalid. A port is a whole number from 0 to 65535."],
  'a port that is no number': ['start --port 80x', "error: option '--port <number>' argument '80x' is invalid. A port is a whole number from 0 to 65535."],
  'a port below 0': ['start --port=-1', "error: option '--port <number>' argument '-1' is invalid. A port is a whole number from 0 to 65535."],
  'no workers': ['start --workers 0', "error: option '--workers <number>' argument '0' is invalid. Write a whole number from 1 to 256, or auto for one a core."],
  'fewer workers than none': ['start --workers=-1', "error: option '--workers <number>' argument '-1' is invalid. Write a whole number from 1 to 256, or auto for one a core."],
  'half a worker': ['start --workers 1.5', "error: option '--workers <number>' argument '1.5' is invalid. Write a whole number from 1 to 256, or auto for one a core."],
  'a number of workers that is none': ['start --workers many', "error: option '--workers <number>' argument 'many' is invalid. Write a whole number from 1 to 256, or auto for one a core."],
  'more workers than any machine has cores': ['start --workers 257', "error: option '--workers <number>' argument '257' is invalid. Write a whole number from 1 to 256, or auto for one a core."],
  'a demo of a configuration': ['start --demo --config x.json', "error: option '--demo' cannot be used with option '--config <file>'"],
  'an upstream without an address': ['start --upstream users', "error: option '--upstream <prefix=addr>' argument 'users' is invalid. Write PREFIX=ADDRESS, such as users=127.0.0.1:8001"],
} as const

for (const [name, [args, message]] of Object.entries(mistakes)) {
  t.test(`${name} is one line and exit code 1`, async t => {
    t.same(await runCommand(t, args.split(' ')), { exitCode: 1, stdout: '', stderr: `${message}\n` })
  })
}

t.test('without a command the help is printed, and the exit code is 1', async t => {
  const { exitCode, stdout, stderr } = await runCommand(t, [])
  t.equal(exitCode, 1)
  t.equal(stdout, '')
  t.match(stderr, /^Usage: fastify-gateway /)
})

t.test('the version is that of the package', async t => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  t.same(await runCommand(t, ['--version']), { exitCode: 0, stdout: `${manifest.version}\n`, stderr: '' })
})
