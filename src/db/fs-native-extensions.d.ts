/** The package ships no types. */
declare module 'fs-native-extensions' {
  /** Takes an exclusive lock on the whole file without waiting; false when another process holds it. */
  export function tryLock(fd: number): boolean;
}
