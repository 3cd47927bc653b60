import { useState } from 'react';
import { useInterval } from '../use-interval.ts';

/** A value that is looked at now and then, because nobody tells of its changes. `read` gives a primitive. */
export function usePolled<Value>(read: () => Value, milliseconds: number): Value {
  const [value, setValue] = useState(read);
  useInterval(() => setValue(read()), milliseconds);
  return value;
}
