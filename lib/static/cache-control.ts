const IMMUTABLE = 'public, max-age=31536000, immutable'
const REVALIDATE = 'no-cache'

/**
 * `Cache-Control` of a file: cacheable for good when its name changes with its content, because a build tool has put a
 * hash into it. All other files are revalidated with every request, which costs a 304 by their `ETag`. So are doubtful
 * ones: a file that is wrongly cached for a year cannot be invalidated.
 * @param path - absolute, also with `.br` or `.gz` at its end
 */
export function chooseCacheControl (path: string): string {
  const [, folder = '', name = ''] = /^(.*[/\\])?([^/\\]*)$/s.exec(path)!
  return isHashed(name.replace(COMPRESSED, ''), BUILD_FOLDER.test(folder)) ? IMMUTABLE : REVALIDATE
}

const COMPRESSED = /\.(?:br|gz|deflate)$/i
/** Where Vite, Create React App, Next.js, Nuxt, SvelteKit and Astro put files that are named by their content. */
const BUILD_FOLDER =
  /[/\\](?:assets|static[/\\](?:js|css|media|chunks)|_next[/\\]static|_nuxt|_app[/\\]immutable|_astro)[/\\]/

/** `main.3f2a1b9c.chunk.js`, `index-BxY12abc.js.map`; never a page, because pages hold the links to hashed files. */
const NAME = /^(.+?)((?:\.(?:chunk|min|module|bundle))*\.(?!html?$)[a-z]\w*(?:\.map)?)$/i

function isHashed (file: string, isBuilt: boolean): boolean {
  const [, stem] = NAME.exec(file) ?? []
  if (stem === undefined) return false
  const [, hex = ''] = /[-.~_]([\da-f]{8,64})$/.exec(stem) ?? []
  if (/\d/.test(hex) && /[a-f]/.test(hex)) return true
  const [, mixed = ''] = /[-.~_]([\w-]{8})$/.exec(stem) ?? []
  return isScrambled(mixed) || (isBuilt && /[A-Z]/.test(mixed) && !WORD.test(mixed))
}

/** Letters mixed with digits, as in base32, base36 and base64. Not `version2`, `20240101`, `mp4video` or `1920x108`. */
function isScrambled (text: string): boolean {
  if (/\d\dx\d|\dx\d\d/.test(text)) return false
  return /\d[a-z]+\d/i.test(text) || (/[A-Z]/.test(text) && /[a-z]\d+[a-z]/i.test(text))
}

const WORD = /^[A-Z]?[a-z]+$/
