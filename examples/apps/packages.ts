/** The packages that the apps of the demo import besides those of the gateway itself. */
export const demoPackages = ['@fastify/swagger', '@fastify/swagger-ui', 'ws']

/**
 * Loads what are development dependencies of the gateway, so missing where it is installed as a package.
 * @param names - all that it takes; one command then installs them
 * @throws when one of them is not installed, saying how to install them
 */
export async function loadPackages<T> (names: readonly string[], load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(`The example needs more packages: npm install ${names.join(' ')}`, { cause: error })
  }
}
