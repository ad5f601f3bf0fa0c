/**
 * Whether a pool can spare one more: never more than the percentage, and never the only one it has. So with few members
 * a small percentage spares none, where Envoy would always spare one.
 * @param ejected - how many of the members are ejected, those that are probed included
 * @param members - how many have a weight above 0
 * @param maxEjectionPercent - 0 to 100
 * @see Envoy, `max_ejection_percent`
 */
export function mayEject (ejected: number, members: number, maxEjectionPercent: number): boolean {
  return members > 1 && (ejected + 1) * 100 <= members * maxEjectionPercent
}

/**
 * Whether so few are left that health is ignored: all of them would do better than these under the load of all.
 * @param available - how many of the members are healthy and not ejected
 * @param members - how many have a weight above 0
 * @param panicThreshold - percentage of the members below which it is a panic; 0 is never
 * @see Envoy, "Panic threshold"
 */
export function isPanicking (available: number, members: number, panicThreshold: number): boolean {
  return available * 100 < members * panicThreshold
}
