/** Paths with more layers of percent-encoding are refused: no legitimate client encodes so often. */
const MAX_DECODINGS = 8

const DOT = 0x2e
const SLASH = 0x2f
const PERCENT = 0x25
const BACKSLASH = 0x5c

/**
 * Whether a path leaves the folder that it starts in, for any server that is known to exist: percent-encoding decoded
 * once or up to eight times, before or after the path is split; `\`, `%2f` and `%5c` as separators or not; `;params`
 * removed from a segment (Tomcat's `..;/`), a segment cut at NUL, space, `?` or `#`; tabs and line ends dropped (WHATWG
 * URL); overlong UTF-8 (`%c0%ae`, CVE-2000-0884, CVE-2008-2938) and `%u002e` (IIS). Empty segments and `.` do not
 * count, because servers merge them. `/a/../b` stays inside and is allowed. Linear in the length.
 * @param path - without prefix and query
 */
export function climbsOut (path: string): boolean {
  if (!isSuspicious(path, 0, path.length)) return false
  const decoded = decodeFully(path)
  return decoded === undefined || isBelowStart(decoded)
}

/**
 * Whether part of a text needs the full check, because it holds `..`, `%`, `\` or a character that is not visible
 * ASCII. Allocates nothing; most paths need no more than this.
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

/**
 * The path decoded until nothing changes. In the result `\` stands for every character that may be a separator, and `/`
 * for one that certainly is.
 * @returns `undefined` for a path with too many layers of encoding
 */
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
/** ASCII in two to six bytes. A control character as the second byte is not UTF-8, but IIS took `c1 1c` for `\`. */
const OVERLONG =
  /(?:[\xc0\xc1]|(?:\xe0|\xf0\x80|\xf8\x80\x80|\xfc\x80\x80\x80)[\x80\x81])[\x80-\xbf]|\xc1[^\0\t\n\r -\uffff]/g

function decodeOnce (text: string): string {
  return text
    .replace(ESCAPE, (_, wide: string | undefined, byte: string) => decodeCharacter(parseInt(wide ?? byte, 16)))
    .replace(OVERLONG, bytes => decodeCharacter(decodeOverlong(bytes)))
}

/** The last seven bits of an overlong sequence. */
function decodeOverlong (bytes: string): number {
  const [last, before] = [bytes.charCodeAt(bytes.length - 1), bytes.charCodeAt(bytes.length - 2)]
  return (before & 1) << 6 | last & 0x3f
}

/** Full-width forms (`%uff0e`) count as their ASCII ones, as in IIS. */
function decodeCharacter (code: number): string {
  const narrow = code >= 0xff01 && code <= 0xff5e ? code - 0xfee0 : code
  return narrow === SLASH ? '\\' : String.fromCharCode(narrow)
}

const SEGMENT = /([^/\\]*)([/\\]?)/g

/**
 * Whether the depth gets negative, for any choice of which `\` are separators. More decoding only lowers the depth, so
 * it is enough to look at the fully decoded text: a server that decodes less sees a segment that is not split, which is
 * one of the choices.
 */
function isBelowStart (text: string): boolean {
  let depth = 0
  let depthIfJoined = Infinity
  for (const [, segment = '', separator] of text.matchAll(SEGMENT)) {
    const joined = depth + measureJoinedDepth(segment)
    depth = Math.min(depth + measureDepth(segment), depthIfJoined)
    if (depth < 0) return true
    depthIfJoined = separator === '\\' ? Math.min(depthIfJoined, joined) : Infinity
  }
  return false
}

/** Characters that some server drops from a segment; `c0` and `c1` are in no UTF-8 text. */
const DROPPED = /[\t\n\r\xc0\xc1]/g
/** Where some server cuts a segment. */
const CUT = /[\0 ;?#].*$/s

/** How much deeper a segment leads: -1 for `..`. */
function measureDepth (segment: string): number {
  const name = segment.replace(DROPPED, '').replace(CUT, '')
  if (name === '..') return -1
  return name === '' || name === '.' ? 0 : 1
}

/** Joined by `\` to the next one, a segment is an ordinary name, unless it is cut before. */
function measureJoinedDepth (segment: string): number {
  return CUT.test(segment) ? measureDepth(segment) : 1
}
