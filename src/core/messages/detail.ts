// The detail of a refusal is one line for a person: it has an end.

const DETAIL_MAX = 300

/** At most 300 characters; what was cut ends in an ellipsis. */
export function shortened(detail: string): string {
  return detail.length > DETAIL_MAX ? `${detail.slice(0, DETAIL_MAX - 1)}…` : detail
}
