/** Scales raw scores to 0 … 100 in proportion to the largest; all stay 0 when it is 0. */
export function scale(scores: number[]): void {
  const max = Math.max(0, ...scores);
  for (let i = 0; i < scores.length; i++) scores[i] = max === 0 ? 0 : Math.floor((scores[i]! * 100) / max);
}

/** As `scale`, but the lowest raw score becomes the best. */
export function scaleReversed(scores: number[]): void {
  scale(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = 100 - scores[i]!;
}

/** Scales from the range between the smallest and the largest, which may be negative. */
export function scaleBetween(scores: number[]): void {
  const [min, max] = [Math.min(...scores), Math.max(...scores)];
  for (let i = 0; i < scores.length; i++) scores[i] = max === min ? 0 : Math.floor((100 * (scores[i]! - min)) / (max - min));
}
