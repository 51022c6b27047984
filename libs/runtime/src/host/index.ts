export { deviceNumber, makeNode } from './device-nodes.ts';
export { SystemCallError } from './libc.ts';
export { bindMount, mount, type MountEntry, mountFlags, parseMountInfo, readMounts, unmount } from './mounts.ts';
export { namespaceOf, pinNamespaces, setHostname, tcpSocketIn, unpinNamespace, withinNamespaces } from './namespaces.ts';
export { ProcessWatch, startTimeOf } from './processes.ts';
export { PacketSender } from './seqpacket.ts';
export { listenForTerminal, setWindowSize } from './terminal.ts';
export { lgetxattr, llistxattr, lsetxattr } from './xattrs.ts';
