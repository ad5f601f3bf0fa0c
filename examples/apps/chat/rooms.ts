// Rooms, the people in them and what was said last; of sockets nothing is known here. Nothing grows without a bound.

/** A page may ask for any room, and anybody may write a page. */
export const limits = {
  /** Characters of a name, of a person or a room. */
  name: 24,
  /** Characters of a message, as UTF-16 counts them. */
  text: 500,
  /** Messages that are kept for who comes later. */
  history: 50,
  /** People in one room. */
  people: 50,
  rooms: 100,
}

export interface Message {
  from: string
  text: string
  /** When it arrived, as ISO 8601 has it. */
  at: string
}

/** What the people in a room are told. */
export type News =
  | { type: 'welcome', room: string, you: string, people: string[], history: readonly Message[] }
  | { type: 'message', message: Message }
  | { type: 'came' | 'left', name: string, people: string[] }

/** Brings news to one person, as JSON: it is written once for the whole room. */
export type Tell = (news: string) => void

/** Somebody's place in a room. */
export interface Seat {
  say (text: string): void
  leave (): void
}

/** Why somebody cannot come in. */
export interface Refusal {
  reason: string
  /** Whether it may be different in a while. */
  isTemporary: boolean
}

class Room {
  readonly #name: string
  readonly #people = new Map<string, Tell>()
  readonly #history: Message[] = []

  constructor (name: string) {
    this.#name = name
  }

  get size (): number {
    return this.#people.size
  }

  enter (wanted: string, tell: Tell): Seat {
    const name = this.#findFreeName(wanted)
    this.#people.set(name, tell)
    const people = [...this.#people.keys()]
    tell(write({ type: 'welcome', room: this.#name, you: name, people, history: this.#history }))
    this.#tellAll({ type: 'came', name, people }, name)
    return { say: text => this.#say(name, text), leave: () => this.#leave(name, tell) }
  }

  /** Also for who has lost a connection and comes back before that is noticed. */
  #findFreeName (wanted: string): string {
    let name = wanted
    for (let count = 2; this.#people.has(name); count++) name = `${wanted} ${count}`
    return name
  }

  #say (from: string, text: string): void {
    const message = { from, text, at: new Date().toISOString() }
    this.#history.push(message)
    if (this.#history.length > limits.history) this.#history.shift()
    this.#tellAll({ type: 'message', message })
  }

  #leave (name: string, tell: Tell): void {
    // The name may be somebody else's by now.
    if (this.#people.get(name) !== tell) return
    this.#people.delete(name)
    this.#tellAll({ type: 'left', name, people: [...this.#people.keys()] })
  }

  #tellAll (news: News, except?: string): void {
    const text = write(news)
    for (const [name, tell] of this.#people) if (name !== except) tell(text)
  }
}

/** All rooms of a chat. They are there as soon as somebody enters, and empty ones remember what was said in them. */
export class Rooms {
  readonly #rooms = new Map<string, Room>()

  /**
   * @param roomName - and `name`: who comes in, both as a stranger wrote them
   * @param tell - called until the seat is left, for the first time before this returns
   */
  enter (roomName: string, name: string, tell: Tell): Seat | Refusal {
    const cleanRoom = clean(roomName)
    const cleanName = clean(name)
    if (cleanRoom === undefined || cleanName === undefined) return { reason: `A name has 1 to ${limits.name} characters`, isTemporary: false }
    const room = this.#open(cleanRoom)
    if (room === undefined) return { reason: 'There are too many rooms', isTemporary: true }
    if (room.size >= limits.people) return { reason: 'The room is full', isTemporary: true }
    return room.enter(cleanName, tell)
  }

  /** `undefined` when there are so many that no empty one could make way for it. */
  #open (name: string): Room | undefined {
    const known = this.#rooms.get(name)
    if (known !== undefined) return known
    if (this.#rooms.size >= limits.rooms && !this.#forgetEmpty()) return undefined
    const room = new Room(name)
    this.#rooms.set(name, room)
    return room
  }

  #forgetEmpty (): boolean {
    for (const [name, { size }] of this.#rooms) if (size === 0) return this.#rooms.delete(name)
    return false
  }
}

/** `undefined` when it is empty, too long, or holds control characters. */
function clean (name: string): string | undefined {
  const trimmed = name.trim()
  return trimmed === '' || trimmed.length > limits.name || /\p{Cc}/u.test(trimmed) ? undefined : trimmed
}

function write (news: News): string {
  return JSON.stringify(news)
}
