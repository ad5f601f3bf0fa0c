/** A listener for what has no consequence, such as the error of a stream that is not needed any more. */
export function ignore (): void {}
