import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KernelSupport } from '../containers.contract.ts';

/** What the files of the control groups say that the kernel can do: admin-guide/cgroup-v1 and cgroup-v2 of the kernel's documentation. */
export function kernelSupport(version: 1 | 2, capabilities: readonly string[], root = '/sys/fs/cgroup'): KernelSupport {
  // v2's root has no limits of its own: what the group of this process has, others have.
  const own = version === 2 ? join(root, /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '') : root;
  const has = (file: string): boolean => existsSync(join(own, file));
  const online = (what: string): string => text(`/sys/devices/system/${what}/online`) || '0';
  const limits =
    version === 2
      ? {
          swapLimit: has('memory.swap.max'),
          swappiness: false,
          oomKillDisable: false,
          cpuRealtime: false,
          blockIoWeight: has('io.weight') || has('io.bfq.weight'),
          blockIoRates: has('io.max'),
        }
      : {
          swapLimit: has('memory/memory.memsw.limit_in_bytes'),
          swappiness: has('memory/memory.swappiness'),
          oomKillDisable: has('memory/memory.oom_control'),
          cpuRealtime: has('cpu/cpu.rt_runtime_us'),
          blockIoWeight: has('blkio/blkio.weight') || has('blkio/blkio.bfq.weight'),
          blockIoRates: has('blkio/blkio.throttle.read_bps_device'),
        };
  return { cgroupVersion: version, ...limits, cpus: online('cpu'), memoryNodes: online('node'), capabilities };
}

function text(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
}
