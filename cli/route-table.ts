import type { Configuration } from '../lib/configuration/resolve.ts'
import type { Location, UpstreamTarget } from '../lib/location.ts'
import type { StaticSite } from '../lib/static/site.ts'
import { type Column, cutMiddle, renderTable } from './table.ts'

const columns: readonly Column[] = [
  { title: 'PREFIX', minWidth: 10 },
  { title: 'APP', minWidth: 8 },
  { title: 'UPSTREAMS', minWidth: 22, cut: cutMiddle },
  { title: 'SHARE' },
]

/** Lines of one route; further upstreams are only counted. */
const MAX_LINES = 6

const NO_ROUTES = 'No routes: no app is exported, so every request is answered 404.'

/**
 * The routing table as text, the longest prefix first, one line for each upstream.
 * @param width - characters on a line
 * @param site - the static files, on the last line
 */
export function renderRoutes (locations: readonly Location[], width: number, site: StaticSite | null = null): string[] {
  if (locations.length === 0 && site === null) return [NO_ROUTES]
  const rows = locations.flatMap(toRows)
  if (site !== null) rows.push([site.prefix || '/', '(files)', site.root, ''])
  // The column SHARE is left out when it is empty.
  const hasShares = rows.some(row => row[3] !== '')
  return renderTable(hasShares ? columns : columns.slice(0, 3), rows, width)
}

/** The apps that were found but have no route, with the reason; empty when there are none. */
export function renderUnexported (apps: Configuration['apps'], width: number): string[] {
  const rows = apps.filter(({ isExported }) => !isExported).map(({ name, reason }) => ['', name, reason])
  if (rows.length === 0) return []
  const untitled: Column[] = [{ title: '' }, { title: '', minWidth: 16 }, { title: '', minWidth: 16 }]
  return ['Found, without a route:', ...renderTable(untitled, rows, width)]
}

function toRows ({ prefix, name, kind, upstreams }: Location): string[][] {
  const addresses = listAddresses(upstreams)
  const app = kind === 'app' ? name : '(extra proxy)'
  return addresses.map(([url, share], index) => index === 0 ? [prefix || '/', app, url, share] : ['', '', url, share])
}

/** Pairs of a URL and a share. */
function listAddresses (upstreams: readonly UpstreamTarget[]): [string, string][] {
  const total = upstreams.reduce((sum, { weight }) => sum + weight, 0)
  const isOnly = upstreams.length === 1
  const lines = upstreams.map(({ url, weight }): [string, string] => {
    return [url, isOnly && weight > 0 ? '' : describeShare(weight, total)]
  })
  if (lines.length <= MAX_LINES) return lines
  const rest = lines.length - (MAX_LINES - 1)
  return [...lines.slice(0, MAX_LINES - 1), [`... and ${rest} more`, '']]
}

function describeShare (weight: number, total: number): string {
  if (weight === 0) return 'drained'
  const percent = weight / total * 100
  return percent < 1 ? '<1 %' : `${Math.round(percent)} %`
}
