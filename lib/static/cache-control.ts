const FOREVER = 'public, max-age=31536000, immutable'
const REVALIDATE = 'no-cache'

/**
 * How long a file may be kept: for good when its name changes with its content, because a build tool put a hash into it.
 * Everything else is asked for again each time, which with its `ETag` costs a 304. When in doubt: a file that is kept for a year
 * wrongly cannot be called back.
 * @param path - absolute, also with `.br` or `.gz` behind it
 */
export function chooseCacheControl (path: string): string {
  const [, folder = '', name = ''] = /^(.*[/\\])?([^/\\]*)$/s.exec(path)!
  return isHashed(name.replace(COMPRESSED, ''), BUILD_FOLDER.test(folder)) ? FOREVER : REVALIDATE
}

const COMPRESSED = /\.(?:br|gz|deflate)$/i
/** Where Vite, Create React App, Next.js, Nuxt, SvelteKit and Astro put what they name by its content. */
const BUILD_FOLDER = /[/\\](?:assets|static[/\\](?:js|css|media|chunks)|_next[/\\]static|_nuxt|_app[/\\]immutable|_astro)[/\\]/

/** `main.3f2a1b9c.chunk.js`, `index-BxY12abc.js.map`. Pages are never: they are what the hashes are found by. */
const NAME = /^(.+?)((?:\.(?:chunk|min|module|bundle))*\.(?!html?$)[a-z]\w*(?:\.map)?)$/i

function isHashed (file: string, isBuilt: boolean): boolean {
  const [, stem] = NAME.exec(file) ?? []
  if (stem === undefined) return false
  const [, hex = ''] = /[-.~_]([\da-f]{8,64})$/.exec(stem) ?? []
  if (/\d/.test(hex) && /[a-f]/.test(hex)) return true
  const [, mixed = ''] = /[-.~_]([\w-]{8})$/.exec(stem) ?? []
  return isScrambled(mixed) || (isBuilt && /[A-Z]/.test(mixed) && !WORD.test(mixed))
}

/** Letters and digits in turn, as in base32, base36 and base64. Not `version2`, `20240101`, `mp4video` or `1920x108`. */
function isScrambled (text: string): boolean {
  if (/\d\dx\d|\dx\d\d/.test(text)) return false
  return /\d[a-z]+\d/i.test(text) || (/[A-Z]/.test(text) && /[a-z]\d+[a-z]/i.test(text))
}

const WORD = /^[A-Z]?[a-z]+$/
