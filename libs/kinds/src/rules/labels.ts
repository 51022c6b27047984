import { type LabelSelectorObject as LabelSelector, labelMatcher, validateLabelSelector } from '#api';

export type { LabelSelector };

/** Neither labels nor expressions. What an empty selector chooses, all or nothing, differs from field to field. */
export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;

/** Whether the selector can be used at all: every operator known, with the values it needs. */
export const isUsableSelector = (selector: LabelSelector | undefined): boolean => validateLabelSelector(selector, '').length === 0;

/** `app=x,tier in (a,b),!old`: what `kubectl get -o wide` and Scale show; '' for none. */
export const formatSelector = (selector: LabelSelector | undefined): string => (selector ? labelMatcher(selector).toString() : '');

/** A map of labels as columns show it; `<none>` when there is none. */
export const formatLabels = (labels: Record<string, string> | undefined): string => {
  const pairs = Object.entries(labels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',');
};
