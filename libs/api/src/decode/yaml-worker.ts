import { parentPort, workerData } from 'node:worker_threads';
import { readYaml } from './yaml.ts';

// The thread of `readYamlAside`: one text, one answer.
parentPort?.postMessage(readYaml(workerData as string));
