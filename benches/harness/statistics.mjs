/** The value below which the given share of a sorted list lies, between neighbours by proportion. */
function quantile(sorted, share) {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/** Median, middle half, smallest and greatest. */
export function summary(values) {
  const sorted = values.filter((value) => value !== undefined).sort((one, other) => one - other);
  if (sorted.length === 0) return undefined;
  const [min, low, median, high, max] = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    round(quantile(sorted, share)),
  );
  return { median, low, high, min, max };
}

/** Four digits are more than any of these figures is good for. */
const round = (value) => Number(value.toPrecision(4));

/** Ratios formed inside a turn; turns in which one of the two is missing count for nothing. */
export const ratios = (values, reference) => inRounds(values, reference, (value, other) => value / other);

/** The same for differences. */
export const differences = (values, reference) =>
  inRounds(values, reference, (value, other) => value - other);

/** The mean of both inside a turn; of the one alone where the other was not measured at all. */
export function means(values, others) {
  if (values.length === 0 || others.length === 0) return values.length > 0 ? values : others;
  return inRounds(values, others, (value, other) => (value + other) / 2);
}

function inRounds(values, reference, form) {
  const pairs = Array.from(values, (value, round) => [value, reference[round]]);
  return pairs
    .filter(([value, other]) => value !== undefined && other !== undefined)
    .map(([value, other]) => form(value, other));
}

/** `A B C`, next round `B C A`, ... */
export function rotated(list, by) {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
