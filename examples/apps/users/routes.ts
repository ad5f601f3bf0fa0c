import type { FastifyInstance, FastifyReply } from 'fastify'
// Its types add `tags` and `summary` to a route's schema; nothing of it is loaded here.
import type {} from '@fastify/swagger'
import { Type } from '@sinclair/typebox'
import { type Directory, type UserInput, userInputSchema, userSchema } from './directory.ts'

interface ListQuery { q: string, limit: number, offset: number }
interface ById { Params: { id: number } }

const tags = ['users']
const idSchema = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const problemSchema = Type.Object({ statusCode: Type.Integer(), error: Type.String(), message: Type.String() })
const listQuerySchema = Type.Object({
  q: Type.String({ default: '', maxLength: 80, description: 'Text in the name or the address' }),
  limit: Type.Integer({ default: 5, minimum: 1, maximum: 100 }),
  offset: Type.Integer({ default: 0, minimum: 0 }),
})
const userPageSchema = Type.Object({
  total: Type.Integer(),
  items: Type.Array(userSchema),
  next: Type.Union([Type.String(), Type.Null()], { description: 'The next page, relative to this one; null on the last' }),
})

/** Registers the operations of the directory at the app's own root. */
export function addRoutes (fastify: FastifyInstance, directory: Directory): void {
  fastify.get<{ Querystring: ListQuery }>('/', {
    schema: { tags, summary: 'List users, page by page', querystring: listQuerySchema, response: { 200: userPageSchema } },
  }, async request => listPage(directory, request.query))

  fastify.get<ById>('/:id', {
    schema: { tags, summary: 'Get a user', params: idSchema, response: { 200: userSchema, 404: problemSchema } },
  }, async (request, reply) => directory.get(request.params.id) ?? notFound(reply, request.params.id))

  fastify.post<{ Body: UserInput }>('/', {
    schema: { tags, summary: 'Create a user', body: userInputSchema, response: { 201: userSchema, 409: problemSchema } },
  }, async (request, reply) => {
    const user = directory.create(request.body)
    if (user === undefined) return conflict(reply, request.body.email)
    return reply.code(201).header('location', `/${user.id}`).send(user)
  })

  fastify.put<ById & { Body: UserInput }>('/:id', {
    schema: { tags, summary: 'Change a user', params: idSchema, body: userInputSchema, response: { 200: userSchema, 404: problemSchema, 409: problemSchema } },
  }, async ({ params: { id }, body }, reply) => {
    if (directory.get(id) === undefined) return notFound(reply, id)
    return directory.update(id, body) ?? conflict(reply, body.email)
  })

  fastify.delete<ById>('/:id', {
    schema: { tags, summary: 'Delete a user', params: idSchema, response: { 204: Type.Null(), 404: problemSchema } },
  }, async ({ params: { id } }, reply) => directory.remove(id) ? reply.code(204).send() : notFound(reply, id))
}

function listPage (directory: Directory, { q, limit, offset }: ListQuery) {
  const found = directory.find(q)
  const end = offset + limit
  const next = end < found.length ? `?${new URLSearchParams({ ...(q !== '' && { q }), limit: `${limit}`, offset: `${end}` })}` : null
  return { total: found.length, items: found.slice(offset, end), next }
}

function notFound (reply: FastifyReply, id: number): FastifyReply {
  return reply.code(404).send({ statusCode: 404, error: 'Not Found', message: `There is no user ${id}` })
}

function conflict (reply: FastifyReply, email: string): FastifyReply {
  return reply.code(409).send({ statusCode: 409, error: 'Conflict', message: `Somebody else has the address ${email}` })
}
