// Rooms, the people in them and their last messages, without sockets. Nothing grows without a bound.

/** A page may request any room, and any site may have such a page. */
export const limits = {
  /** Characters of a name, of a person or a room. */
  name: 24,
  /** Characters of a message, as UTF-16 counts them. */
  text: 500,
  /** Messages that are kept for people who come later. */
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

/** The messages to the people in a room. */
export type News =
  | { type: 'welcome', room: string, you: string, people: string[], history: readonly Message[] }
  | { type: 'message', message: Message }
  | { type: 'came' | 'left', name: string, people: string[] }

/** Sends news to one person, as JSON: it is written once for the whole room. */
export type Send = (news: string) => void

/** One person in a room. */
export interface Seat {
  say (text: string): void
  leave (): void
}

/** Why a person cannot come in. */
export interface Refusal {
  reason: string
  /** Whether it may be different in a while. */
  isTemporary: boolean
}

class Room {
  readonly #name: string
  readonly #people = new Map<string, Send>()
  readonly #history: Message[] = []

  constructor (name: string) {
    this.#name = name
  }

  get size (): number {
    return this.#people.size
  }

  enter (wanted: string, send: Send): Seat {
    const name = this.#findFreeName(wanted)
    this.#people.set(name, send)
    const people = [...this.#people.keys()]
    send(write({ type: 'welcome', room: this.#name, you: name, people, history: this.#history }))
    this.#sendAll({ type: 'came', name, people }, name)
    return { say: text => this.#say(name, text), leave: () => this.#leave(name, send) }
  }

  /** Also for a person who has lost a connection and comes back before that is noticed. */
  #findFreeName (wanted: string): string {
    let name = wanted
    for (let count = 2; this.#people.has(name); count++) name = `${wanted} ${count}`
    return name
  }

  #say (from: string, text: string): void {
    const message = { from, text, at: new Date().toISOString() }
    this.#history.push(message)
    if (this.#history.length > limits.history) this.#history.shift()
    this.#sendAll({ type: 'message', message })
  }

  #leave (name: string, send: Send): void {
    // The name may be another person's by now.
    if (this.#people.get(name) !== send) return
    this.#people.delete(name)
    this.#sendAll({ type: 'left', name, people: [...this.#people.keys()] })
  }

  #sendAll (news: News, except?: string): void {
    const text = write(news)
    for (const [name, send] of this.#people) if (name !== except) send(text)
  }
}

/** All rooms of a chat. A room is there as soon as a person enters it, and an empty one keeps its last messages. */
export class Rooms {
  readonly #rooms = new Map<string, Room>()

  /**
   * @param roomName - and the `name` of the person, both as an unknown client sent them
   * @param send - called until the seat is left, for the first time before this returns
   */
  enter (roomName: string, name: string, send: Send): Seat | Refusal {
    const cleanRoom = clean(roomName)
    const cleanName = clean(name)
    if (cleanRoom === undefined || cleanName === undefined) return { reason: `A name has 1 to ${limits.name} characters`, isTemporary: false }
    const room = this.#open(cleanRoom)
    if (room === undefined) return { reason: 'There are too many rooms', isTemporary: true }
    if (room.size >= limits.people) return { reason: 'The room is full', isTemporary: true }
    return room.enter(cleanName, send)
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

/** `undefined` when it is empty, too long, or has control characters. */
function clean (name: string): string | undefined {
  const trimmed = name.trim()
  return trimmed === '' || trimmed.length > limits.name || /\p{Cc}/u.test(trimmed) ? undefined : trimmed
}

function write (news: News): string {
  return JSON.stringify(news)
}
