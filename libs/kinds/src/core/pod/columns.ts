import type { ContainerState, ContainerStatus, Pod } from '#api/types';
import { isSidecar, isTerminal } from '#objects';
import type { Column } from '../../contract.ts';
import { age, since } from '../../rules/columns.ts';

const none = '<none>';

export const columns: readonly Column<Pod>[] = [
  { name: 'Ready', type: 'string', value: (pod) => summaryOf(pod).ready },
  { name: 'Status', type: 'string', value: (pod) => summaryOf(pod).status },
  // A number as long as nothing has restarted lately, as clients of old expect; then a text.
  { name: 'Restarts', type: 'integer', value: (pod, now) => restartsShown(summaryOf(pod), now) },
  age,
  { name: 'IP', type: 'string', priority: 1, value: ({ status }) => (status?.podIPs?.[0]?.ip ?? status?.podIP) || none },
  { name: 'Node', type: 'string', priority: 1, value: ({ spec }) => spec.nodeName || none },
  { name: 'Nominated Node', type: 'string', priority: 1, value: ({ status }) => status?.nominatedNodeName || none },
  { name: 'Readiness Gates', type: 'string', priority: 1, value: readinessGates },
];

interface Summary {
  ready: string;
  status: string;
  restarts: number;
  /** When a container last ended that was started again. */
  lastRestart: string | undefined;
}

function restartsShown({ restarts, lastRestart }: Summary, now: Date): number | string {
  return restarts > 0 && lastRestart ? `${restarts} (${since(lastRestart, now)} ago)` : restarts;
}

/** `k8s.io/kubernetes/pkg/printers/internalversion`, printPod: the words that people know from kubectl. */
export function summaryOf(pod: Pod): Summary {
  const start = startOf(pod);
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).length;
  const total = (pod.spec.containers ?? []).length + sidecars;
  const initialized = !start.running || hasCondition(pod, 'Initialized');
  const main = initialized ? mainOf(pod, start.word) : undefined;
  return {
    ready: `${start.ready + (main?.ready ?? 0)}/${total}`,
    status: ending(pod) ?? main?.word ?? start.word,
    restarts: main ? start.sidecarRestarts + main.restarts : start.restarts,
    lastRestart: main ? latest([start.lastSidecarRestart, main.lastRestart]) : start.lastRestart,
  };
}

function ending(pod: Pod): string | undefined {
  if (!pod.metadata.deletionTimestamp) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  return isTerminal(pod) ? undefined : 'Terminating';
}

const phaseWord = ({ status }: Pod): string => {
  const gated = (status?.conditions ?? []).some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : status?.reason || (status?.phase ?? '');
};

/** The init containers: how far they are, and what is wrong with the one that is running. */
function startOf(pod: Pod) {
  const init = pod.spec.initContainers ?? [];
  const sidecars = new Set(init.filter(isSidecar).map(({ name }) => name));
  const statuses = pod.status?.initContainerStatuses ?? [];
  const found = { word: phaseWord(pod), running: false, ready: 0, restarts: 0, sidecarRestarts: 0 };
  const ends: (string | undefined)[] = [];
  const sidecarEnds: (string | undefined)[] = [];
  for (const [i, status] of statuses.entries()) {
    const sidecar = sidecars.has(status.name);
    found.restarts += status.restartCount ?? 0;
    ends.push(status.lastState?.terminated?.finishedAt);
    if (sidecar) {
      found.sidecarRestarts += status.restartCount ?? 0;
      sidecarEnds.push(status.lastState?.terminated?.finishedAt);
    }
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) found.ready++;
      continue;
    }
    found.word = initWord(status, i, init.length);
    found.running = true;
    break;
  }
  return { ...found, lastRestart: latest(ends), lastSidecarRestart: latest(sidecarEnds) };
}

function initWord({ state }: ContainerStatus, index: number, count: number): string {
  const waiting = state?.waiting?.reason;
  if (state?.terminated) return `Init:${terminatedWord(state.terminated)}`;
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${count}`;
}

function terminatedWord({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}

/** The regular containers, the first one last, so that its trouble is what shows. */
function mainOf(pod: Pod, before: string) {
  let word = before;
  let ready = 0;
  let restarts = 0;
  let running = false;
  const ends: (string | undefined)[] = [];
  for (const { state, lastState, ready: isReady, restartCount } of (pod.status?.containerStatuses ?? []).toReversed()) {
    restarts += restartCount ?? 0;
    ends.push(lastState?.terminated?.finishedAt);
    if (state?.waiting?.reason) word = state.waiting.reason;
    else if (state?.terminated) word = terminatedWord(state.terminated);
    else if (isReady && state?.running) {
      running = true;
      ready++;
    }
  }
  if (word === 'Completed' && running) word = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  return { word, ready, restarts, lastRestart: latest(ends) };
}

const latest = (times: readonly (string | undefined)[]): string | undefined =>
  times.filter((time) => time !== undefined).toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];

const hasCondition = ({ status }: Pod, wanted: string): boolean =>
  (status?.conditions ?? []).some((condition) => condition.type === wanted && condition.status === 'True');

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return none;
  return `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}
