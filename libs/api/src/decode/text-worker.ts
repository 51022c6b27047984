import { parentPort, workerData } from 'node:worker_threads';
import type { TextJob } from './text-thread.ts';
import { writtenText } from './written-text.ts';
import { readYaml } from './yaml.ts';

// The thread of `text-thread.ts`: one job, one answer.
const job = workerData as TextJob;
parentPort?.postMessage(job.do === 'read' ? readYaml(job.yaml) : writtenText(job.do, job.json));
