/** Nobody encodes a path eight times over; whoever does it once more is up to something. */
const MAX_DECODINGS = 8

const DOT = 0x2e
const SLASH = 0x2f
const PERCENT = 0x25
const BACKSLASH = 0x5c

/**
 * Whether a path leaves the folder that it starts in, in any of the readings that some server is known for: percent-encoding
 * decoded once or up to eight times, before or after the path is split; `\`, `%2f` and `%5c` as separators or not; `;params` taken
 * off a segment (Tomcat's `..;/`), a segment cut at NUL, space, `?` or `#`; tabs and line ends dropped (WHATWG URL);
 * overlong UTF-8 (`%c0%ae`, CVE-2000-0884, CVE-2008-2938) and `%u002e` (IIS). Empty segments and `.` lead nowhere, because servers merge them.
 * `/a/../b` stays inside, and so is no matter of this. Linear in the length.
 * @param path - without prefix and query
 */
export function climbsOut (path: string): boolean {
  if (!isSuspicious(path, 0, path.length)) return false
  const decoded = decodeFully(path)
  return decoded === undefined || dipsBelowStart(decoded)
}

/**
 * Whether a closer look at a part of a text is due, because it holds `..`, `%`, `\` or anything that is not visible ASCII.
 * Allocates nothing: most paths are done with here.
 */
export function isSuspicious (text: string, start: number, end: number): boolean {
  let previous = 0
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index)
    if (code === DOT && previous === DOT) return true
    if (code === PERCENT || code === BACKSLASH || code <= 0x20 || code >= 0x7f) return true
    previous = code
  }
  return false
}

/** The path when nothing is left to decode, in which `\` is whatever may be a separator, and `/` what surely is one. */
function decodeFully (path: string): string | undefined {
  let text = path
  for (let level = 0; level <= MAX_DECODINGS; level++) {
    const decoded = decodeOnce(text)
    if (decoded === text) return text
    text = decoded
  }
  return undefined
}

const ESCAPE = /%(?:u([\da-f]{4})|([\da-f]{2}))/gi
/** Two to six bytes for what is ASCII; a control character as the second is no UTF-8 at all, but IIS took `c1 1c` for `\`. */
const OVERLONG = /(?:[\xc0\xc1]|(?:\xe0|\xf0\x80|\xf8\x80\x80|\xfc\x80\x80\x80)[\x80\x81])[\x80-\xbf]|\xc1[^\0\t\n\r -\uffff]/g

function decodeOnce (text: string): string {
  return text
    .replace(ESCAPE, (_, wide: string | undefined, byte: string) => decodedCharacter(parseInt(wide ?? byte, 16)))
    .replace(OVERLONG, bytes => decodedCharacter((bytes.charCodeAt(bytes.length - 2) & 1) << 6 | bytes.charCodeAt(bytes.length - 1) & 0x3f))
}

/** Full-width forms (`%uff0e`) count as their ASCII ones, as IIS has it. */
function decodedCharacter (code: number): string {
  const narrow = code >= 0xff01 && code <= 0xff5e ? code - 0xfee0 : code
  return narrow === SLASH ? '\\' : String.fromCharCode(narrow)
}

const SEGMENT = /([^/\\]*)([/\\]?)/g

/**
 * The least depth over every choice of which `\` separate. Decoding more only lowers it, so the fully decoded text is
 * all that has to be looked at: what else a server may see is a segment that has not been split, and that is one of the choices.
 */
function dipsBelowStart (text: string): boolean {
  let depth = 0
  let depthIfJoined = Infinity
  for (const [, segment = '', separator] of text.matchAll(SEGMENT)) {
    const joined = depth + gainWhenJoined(segment)
    depth = Math.min(depth + gainOf(segment), depthIfJoined)
    if (depth < 0) return true
    depthIfJoined = separator === '\\' ? Math.min(depthIfJoined, joined) : Infinity
  }
  return false
}

/** What some server drops from the middle of a segment; `c0` and `c1` are in no UTF-8 text. */
const DROPPED = /[\t\n\r\xc0\xc1]/g
/** Where some server ends a segment. */
const CUT = /[\0 ;?#].*$/s

function gainOf (segment: string): number {
  const name = segment.replace(DROPPED, '').replace(CUT, '')
  if (name === '..') return -1
  return name === '' || name === '.' ? 0 : 1
}

/** With `\` and more behind it, a segment is an ordinary name, unless it is cut before. */
function gainWhenJoined (segment: string): number {
  return CUT.test(segment) ? gainOf(segment) : 1
}
