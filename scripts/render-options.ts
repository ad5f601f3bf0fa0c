import type { TSchema } from '@sinclair/typebox'
import { flagNames } from '../lib/options/location-flags.ts'
import { optionGroups } from '../lib/options/schema.ts'
import { DURATION_PATTERN, SIZE_PATTERN } from '../lib/options/units.ts'

type Properties = Record<string, TSchema>

const header = `<!-- Generated from lib/options/schema.ts by \`npm run docs\`. Edit that. -->

# Options

What a configuration file holds (\`gateway.config.json\`, \`.js\`, \`.mjs\` or \`.ts\`), and what the plugin is registered with.
Everything may be left out. An unknown option stops the start, and so does a value of another type; all problems are reported at once.

A duration is a number of milliseconds, or a number with its unit: \`"250ms"\`, \`"10s"\`, \`"5m"\`, \`"1h"\`.
A size is a number of bytes, or one with its unit: \`"64KB"\`, \`"10MB"\`.
Relative paths start at the configuration file; for the plugin, at the working directory.
`

/** docs/options.md: a table for each group of options. */
export function renderOptions (): string {
  return [header, ...optionGroups.map(({ title, properties }) => renderGroup(title, properties))].join('\n')
}

/** What stands in the README: every option in a line, without its inner ones. */
export function renderSummary (): string {
  const groups = optionGroups.filter(({ title }) => !/^An? /.test(title)).map(({ title, properties }) => {
    const rows = Object.entries<TSchema>(properties).map(([name, schema]) => {
      return renderCells([`\`${name}\``, describeDefault(schema), firstSentence(describeMeaning(schema))])
    })
    return [`| **${title}** | | |`, ...rows]
  })
  return ['| option | default | meaning |', '| --- | --- | --- |', ...groups.flat()].join('\n')
}

/** A page with the part between `<!-- name: ... -->` and `<!-- /name -->` exchanged. */
export function insert (page: string, name: string, text: string): string {
  return page.replace(new RegExp(`(<!-- ${name}: .*? -->\\n)[^]*?(<!-- /${name} -->)`), (_, start: string, end: string) => `${start}${text}\n${end}`)
}

function firstSentence (text: string): string {
  return /^.*?\.(?=\s[A-Z`"]|$)/.exec(text)?.[0] ?? text
}

function renderCells (cells: readonly string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** The location flags have a table of their own; where they may stand besides others, a line says so. */
function renderGroup (title: string, properties: Properties): string {
  const entries = Object.entries(properties)
  const isFlag = ([name]: [string, TSchema]) => (flagNames as string[]).includes(name)
  const own = entries.every(isFlag) ? entries : entries.filter(entry => !isFlag(entry))
  const rows = own.flatMap(([name, schema]) => renderRows(name, schema))
  const table = ['| option | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
  const rest = own.length < entries.length ? '\nAnd every location flag, which then holds for it alone.\n' : ''
  return `## ${title}\n\n${table}\n${rest}`
}

/** A row for an option, and one for each option inside it. */
function renderRows (name: string, schema: TSchema): string[] {
  const cells = [`\`${name}\``, describeType(schema), describeDefault(schema), describeMeaning(schema)]
  const row = renderCells(cells)
  const inner = Object.entries(propertiesOf(schema)).flatMap(([key, value]) => renderRows(`${name}.${key}`, value))
  return [row, ...inner]
}

/** Also those of a group that may be something else, such as `false`. */
function propertiesOf ({ properties = {}, anyOf = [] }: TSchema): Properties {
  return Object.assign({}, properties, ...(anyOf as TSchema[]).map(propertiesOf)) as Properties
}

/** What a value may be, in words. */
export function describeType (schema: TSchema): string {
  if (schema.anyOf !== undefined) return describeUnion(schema.anyOf as TSchema[])
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.patternProperties !== undefined) return `object; each value is ${Object.values(schema.patternProperties as Properties).map(describeType).join(', ')}`
  switch (schema.type) {
    case 'array': return describeList(schema.items as TSchema | TSchema[])
    case 'integer': return `whole number${describeRange(schema)}`
    case 'number': return `number${describeRange(schema)}`
    default: return String(schema.type)
  }
}

function describeUnion (alternatives: readonly TSchema[]): string {
  if (alternatives.some(({ pattern }) => pattern === DURATION_PATTERN)) return 'duration'
  if (alternatives.some(({ pattern }) => pattern === SIZE_PATTERN)) return 'size'
  return alternatives.map(describeType).join(' or ')
}

/** A tuple has a schema for each of its places, a list has one for all. */
function describeList (items: TSchema | TSchema[]): string {
  if (Array.isArray(items)) return `\`[${items.map(describeType).join(', ')}]\``
  const kinds = (items.anyOf as TSchema[] | undefined) ?? [items]
  return `list of ${kinds.map(kind => describeType(kind).replace(/^(?:whole )?\w+/, '$&s')).join(' and ')}`
}

function describeRange ({ minimum, maximum }: TSchema): string {
  if (minimum === undefined) return ''
  return maximum === undefined ? `, at least ${minimum}` : ` from ${minimum} to ${maximum}`
}

function describeDefault ({ default: value }: TSchema): string {
  return value === undefined ? '' : `\`${JSON.stringify(value)}\``
}

/** Less what the type says already. */
function describeMeaning ({ description = '' }: TSchema): string {
  return description.replace(/ (?:Milliseconds|Bytes), or ".*$/, '')
}
