import type { Configuration } from '../lib/configuration/resolve.ts'
import type { Location, UpstreamTarget } from '../lib/configuration/types.ts'
import type { StaticSite } from '../lib/static/site.ts'
import { type Column, cutMiddle, renderTable } from './table.ts'

const columns: readonly Column[] = [
  { title: 'PREFIX', minWidth: 10 },
  { title: 'APP', minWidth: 8 },
  { title: 'UPSTREAMS', minWidth: 22, cut: cutMiddle },
  { title: 'SHARE' },
]

/** More upstreams than this are counted, not listed. */
const MAX_LINES = 6

/**
 * The routing table for people, the longest prefix first, one line for each upstream.
 * @param width - characters on a line
 * @param site - files that are served, on the last line
 */
export function renderRoutes (locations: readonly Location[], width: number, site: StaticSite | null = null): string[] {
  if (locations.length === 0 && site === null) return ['No routes: no app is exported, so every request is answered 404.']
  const rows = locations.flatMap(rowsOf)
  if (site !== null) rows.push([site.prefix || '/', '(files)', site.root, ''])
  // A column in which nothing stands is not worth its place.
  const isShared = rows.some(row => row[3] !== '')
  return renderTable(isShared ? columns : columns.slice(0, 3), rows, width)
}

/** The apps that are there and have no route, with the reason; nothing when there are none. */
export function renderUnexported (apps: Configuration['apps'], width: number): string[] {
  const rows = apps.filter(({ isExported }) => !isExported).map(({ name, reason }) => ['', name, reason])
  if (rows.length === 0) return []
  return ['Found, without a route:', ...renderTable([{ title: '' }, { title: '', minWidth: 16 }, { title: '', minWidth: 16 }], rows, width)]
}

function rowsOf ({ prefix, name, kind, upstreams }: Location): string[][] {
  const addresses = addressesOf(upstreams)
  const app = kind === 'app' ? name : '(extra proxy)'
  return addresses.map(([url, share], index) => index === 0 ? [prefix || '/', app, url, share] : ['', '', url, share])
}

function addressesOf (upstreams: readonly UpstreamTarget[]): [string, string][] {
  const total = upstreams.reduce((sum, { weight }) => sum + weight, 0)
  const isOnly = upstreams.length === 1
  const lines = upstreams.map(({ url, weight }): [string, string] => [url, isOnly && weight > 0 ? '' : describeShare(weight, total)])
  if (lines.length <= MAX_LINES) return lines
  const rest = lines.length - (MAX_LINES - 1)
  return [...lines.slice(0, MAX_LINES - 1), [`... and ${rest} more`, '']]
}

function describeShare (weight: number, total: number): string {
  if (weight === 0) return 'drained'
  const percent = weight / total * 100
  return percent < 1 ? '<1 %' : `${Math.round(percent)} %`
}
