/** What a container says of its own length, to be held against what the file has. */
export interface Claim {
  /** Absent: the container does not say. */
  readonly seconds?: number;
  /** The file ends inside a structure whose length was announced. */
  readonly cut?: boolean;
}
