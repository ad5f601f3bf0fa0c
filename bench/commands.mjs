import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders of servers, beside PATH: only root has these there. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin']

/**
 * @param {string} name - of a command
 * @returns {string | undefined} the file that it is, where it is installed
 */
export function findCommand (name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SERVER_FOLDERS]
  return folders.map(folder => join(folder, name)).find(isExecutable)
}

function isExecutable (path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
