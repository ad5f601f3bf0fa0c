/**
 * Whether a pool can spare one more upstream: never more than the percentage, and never its only one. So in a small
 * pool a small percentage spares none, where Envoy would always spare one.
 * @param ejected - number of ejected upstreams, those that are being probed included
 * @param total - number of upstreams with a weight above 0
 * @param maxEjectionPercent - 0 to 100
 * @see Envoy, `max_ejection_percent`
 */
export function mayEject (ejected: number, total: number, maxEjectionPercent: number): boolean {
  return total > 1 && (ejected + 1) * 100 <= total * maxEjectionPercent
}

/**
 * Whether so few upstreams are left that health is ignored: under the load of all, these few would do worse than all of
 * them together, the failing ones included.
 * @param healthy - number of upstreams that are neither down nor ejected
 * @param total - number of upstreams with a weight above 0
 * @param panicThreshold - percentage of healthy upstreams below which it is a panic; 0 is never
 * @see Envoy, "Panic threshold"
 */
export function isPanicking (healthy: number, total: number, panicThreshold: number): boolean {
  return healthy * 100 < total * panicThreshold
}
