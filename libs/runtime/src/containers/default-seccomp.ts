/**
 * The default system call filter: what is not listed fails with EPERM. As strict as Docker's default profile (docs.docker.com,
 * "Seccomp security profiles"), which Kubernetes means by `RuntimeDefault`. io_uring is left out, as there since 2023.
 */
export interface SeccompRule {
  names: string[];
  action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  errnoRet?: number;
  args?: { index: number; value: number; valueTwo?: number; op: 'SCMP_CMP_EQ' | 'SCMP_CMP_LT' | 'SCMP_CMP_GT' | 'SCMP_CMP_MASKED_EQ' }[];
}

/** OCI runtime-spec, "Seccomp". */
export interface SeccompProfile {
  defaultAction: 'SCMP_ACT_ERRNO';
  defaultErrnoRet: number;
  architectures: string[];
  syscalls: SeccompRule[];
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const always = words(`
  accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendmmsg
  sendmsg sendto setsockopt shutdown socketcall socketpair
  access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64 fadvise64_64
  fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync flock fstat fstat64 fstatat64
  fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 inotify_add_watch inotify_init inotify_init1
  inotify_rm_watch ioctl lchown lchown32 link linkat _llseek lseek lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat
  open openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv rename renameat
  renameat2 rmdir sendfile sendfile64 splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range syncfs tee truncate
  truncate64 statmount listmount umask unlink unlinkat utime utimensat utimensat_time64 utimes vmsplice write writev
  fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat llistxattr lremovexattr lsetxattr
  removexattr removexattrat setxattr setxattrat
  epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 _newselect poll
  ppoll ppoll_time64 pselect6 pselect6_time64 select signalfd signalfd4
  io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioprio_get ioprio_set
  brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync
  munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages cachestat
  ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv
  msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
  futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake get_robust_list set_robust_list restart_syscall rseq
  adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep
  clock_nanosleep_time64 getitimer gettimeofday nanosleep setitimer time timer_create timer_delete timer_getoverrun timer_gettime
  timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times
  capget capset getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getresgid getresgid32 getresuid getresuid32 getuid
  getuid32 setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid
  setresuid32 setreuid setreuid32 setuid setuid32
  execve execveat exit exit_group fork vfork getcpu getpgid getpgrp getpid getppid getpriority getrandom getrlimit getrusage getsid
  get_thread_area gettid kill pause pidfd_open pidfd_send_signal prctl prlimit64 set_thread_area set_tid_address setpgid setpriority
  setrlimit setsid sysinfo tgkill tkill ugetrlimit uname wait4 waitid waitpid
  rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
  rt_tgsigqueueinfo sigaltstack sigprocmask sigreturn
  sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min sched_getscheduler sched_rr_get_interval
  sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
  uretprobe landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp process_vm_readv process_vm_writev ptrace
`);

const onX64 = ['arch_prctl', 'modify_ldt'];
const onArm64 = words('arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls');

/** Allowed only to containers that hold the capability. */
const byCapability: Record<string, string[]> = {
  CAP_DAC_READ_SEARCH: ['open_by_handle_at'],
  CAP_SYS_ADMIN:
    words(`bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount open_tree
    lsm_get_self_attr lsm_list_modules lsm_set_self_attr perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare`),
  CAP_SYS_BOOT: ['reboot'],
  CAP_SYS_CHROOT: ['chroot'],
  CAP_SYS_MODULE: words('delete_module finit_module init_module'),
  CAP_SYS_PACCT: ['acct'],
  CAP_SYS_PTRACE: words('kcmp pidfd_getfd process_madvise'),
  CAP_SYS_RAWIO: words('ioperm iopl'),
  CAP_SYS_TIME: words('clock_settime clock_settime64 settimeofday stime'),
  CAP_SYS_TTY_CONFIG: ['vhangup'],
  CAP_SYS_NICE: words('get_mempolicy mbind set_mempolicy set_mempolicy_home_node'),
  CAP_SYSLOG: ['syslog'],
  CAP_BPF: ['bpf'],
  CAP_PERFMON: ['perf_event_open'],
};

const ENOSYS = 38;
/** The kernel's cryptography, whose faults have led out of containers. */
const AF_ALG = 38;
const AF_VSOCK = 40;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET together: none of them may be set. */
const cloneNamespaces = 0x7e020000;
/** Personalities that do not weaken the process: Linux, Linux32, their UNAME26 forms, and asking. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** `capabilities`: what the container holds, since some calls are of use, and of danger, only with one. `arch` as Node names it. */
export function defaultSeccomp(capabilities: ReadonlySet<string>, arch: string): SeccompProfile {
  const allow = (names: string[], args?: SeccompRule['args']): SeccompRule => ({ names, action: 'SCMP_ACT_ALLOW', ...(args && { args }) });
  const held = Object.entries(byCapability).flatMap(([capability, names]) => (capabilities.has(capability) ? names : []));
  const x64 = arch === 'x64';
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: x64 ? ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'] : ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
    syscalls: [
      allow([...new Set([...always, ...(x64 ? onX64 : onArm64), ...held])]),
      // All but AF_ALG and AF_VSOCK.
      allow(['socket'], [{ index: 0, value: AF_ALG, op: 'SCMP_CMP_LT' }]),
      allow(['socket'], [{ index: 0, value: AF_ALG + 1, op: 'SCMP_CMP_EQ' }]),
      allow(['socket'], [{ index: 0, value: AF_VSOCK, op: 'SCMP_CMP_GT' }]),
      ...personalities.map((value) => allow(['personality'], [{ index: 0, value, op: 'SCMP_CMP_EQ' }])),
      ...(capabilities.has('CAP_SYS_ADMIN')
        ? []
        : [
            allow(['clone'], [{ index: 0, value: cloneNamespaces, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }]),
            // ENOSYS makes the C library fall back to clone, whose flags a filter can read.
            { names: ['clone3'], action: 'SCMP_ACT_ERRNO' as const, errnoRet: ENOSYS },
          ]),
    ],
  };
}
