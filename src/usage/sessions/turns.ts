/** Runs tasks of one name one after another, those of different names side by side. */
export type Turns = <T>(name: string, task: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return (name, task) => {
    const result = (last.get(name) ?? Promise.resolve()).then(task);
    const done: Promise<void> = result
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (last.get(name) === done) last.delete(name);
      });
    last.set(name, done);
    return result;
  };
}
