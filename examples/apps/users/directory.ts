import { type Static, Type } from '@sinclair/typebox'

// The directory itself: its shapes and its memory. It knows nothing of HTTP.

const role = Type.Union([Type.Literal('admin'), Type.Literal('member'), Type.Literal('guest')], { default: 'member' })

/** The fields of a user that a client sends. */
export const userInputSchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 80, description: 'Full name', examples: ['Grace Hopper'] }),
  email: Type.String({ format: 'email', maxLength: 120, description: 'Unique in the directory', examples: ['grace@example.com'] }),
  role: Type.Optional(role),
}, { additionalProperties: false })

/** A user as the directory keeps it. */
export const userSchema = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  email: Type.String(),
  role,
  createdAt: Type.String({ format: 'date-time' }),
})

export type UserInput = Static<typeof userInputSchema>
export type User = Static<typeof userSchema>

/** The users, in memory: gone when the process ends. */
export interface Directory {
  /** @param text - in the name or the address, whatever its case; empty for all */
  find (text: string): User[]
  get (id: number): User | undefined
  /** @returns `undefined` when another user has the address */
  create (input: UserInput): User | undefined
  /** @returns `undefined` when another user has the address, or there is no such user */
  update (id: number, input: UserInput): User | undefined
  /** @returns whether there was such a user */
  remove (id: number): boolean
}

/** A directory with a few users in it. */
export function createDirectory (): Directory {
  const users = new Map<number, User>()
  let lastId = 0

  const isTaken = (email: string, id?: number) =>
    [...users.values()].some(user => user.id !== id && user.email.toLowerCase() === email.toLowerCase())

  const directory: Directory = {
    find (text) {
      const wanted = text.toLowerCase()
      return [...users.values()].filter(({ name, email }) => `${name}\n${email}`.toLowerCase().includes(wanted))
    },
    get: id => users.get(id),
    create (input) {
      if (isTaken(input.email)) return undefined
      const user: User = { role: 'member', ...input, id: ++lastId, createdAt: new Date().toISOString() }
      users.set(user.id, user)
      return user
    },
    update (id, input) {
      const known = users.get(id)
      if (known === undefined || isTaken(input.email, id)) return undefined
      const user: User = { ...known, ...input }
      users.set(id, user)
      return user
    },
    remove: id => users.delete(id),
  }
  for (const name of firstNames) directory.create({ name, email: `${name.split(' ')[0]!.toLowerCase()}@example.com` })
  return directory
}

const firstNames = [
  'Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Barbara Liskov', 'Edsger Dijkstra', 'Radia Perlman',
  'Donald Knuth', 'Frances Allen', 'Tony Hoare', 'Margaret Hamilton', 'Niklaus Wirth', 'Lynn Conway',
]
