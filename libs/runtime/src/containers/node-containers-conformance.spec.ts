import { containerRuntimeConformance } from '../conformance/container-runtime-conformance.ts';
import { BusyboxNode } from '../testing/busybox-node.ts';
import { readLog } from './log-file.ts';

const program = `trap 'exit 3' USR1; trap 'exit 143' TERM; echo ready; sleep 100000 & wait`;

containerRuntimeConformance('NodeContainers', async () => {
  const node = await BusyboxNode.make();
  const runtime = await node.open();
  return {
    runtime,
    sandbox: (id) => ({ id, hostname: id, cgroupPath: `${node.cgroup}/${id}`, hostNetwork: false, labels: { uid: id } }),
    container: (id, sandboxId) => node.container(id, sandboxId, { args: ['sh', '-c', program], labels: { of: id } }),
    exiting: (exitCode) => ({ args: ['sh', '-c', `exit ${exitCode}`], tty: false }),
    async ready(id) {
      for await (const lines of readLog(node.logPath(id), { follow: true }))
        if (lines.some(({ text }) => text.toString() === 'ready')) return;
    },
    async close() {
      await runtime.close();
      node.remove();
    },
  };
});
