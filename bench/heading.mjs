import { isBusy } from './machine.mjs'

/**
 * Prints the machine, the versions, the form of the run, and a warning where the machine is busy.
 * @param {{ machine: object, cores: object, options: import('./options.mjs').Options }} report
 */
export function printHeading ({ machine, cores, options }) {
  const { processor, cores: count, node, fastify, undici, versions, loadAverage } = machine
  console.log(`${processor}, ${count} cores`)
  console.log(`Node ${node}, Fastify ${fastify}, undici ${undici}`)
  if (versions.length > 0) console.log(versions.map(({ name, version }) => `${name} ${version}`).join(', '))
  for (const name of options.absent) console.log(`${name} is not installed: left out`)
  console.log(`${describeCores(cores)}; requests from ${options.loadMaker}; medians of ${options.rounds} x ${options.seconds} s`)
  if (isBusy(loadAverage)) console.log(`load average ${loadAverage} before the run: others use this machine, trust no number`)
}

function describeCores ({ contender, load }) {
  return contender === undefined ? 'nothing pinned to a core' : `contenders on core ${contender}, load on ${load}`
}
