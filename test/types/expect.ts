/** Only takes what can be assigned to `T`. */
export declare function expectType<T> (value: T): void

/** `true` for types that are the same, both ways round; `any` is the same as nothing but itself. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
