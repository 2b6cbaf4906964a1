/*
 * Owns the filters of system calls (seccomp). See refusing.h for their use.
 */
#include "refusing.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(offset)   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (uint32_t)(action))
#define FAIL(error)    ANSWER(SECCOMP_RET_ERRNO | ((uint32_t)(error)&SECCOMP_RET_DATA))
#define CALL           offsetof(struct seccomp_data, nr)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define ARGUMENT(number) (offsetof(struct seccomp_data, args) + 8 * (number) + 4)
#else
#define ARGUMENT(number) (offsetof(struct seccomp_data, args) + 8 * (number))
#endif
/* The next instruction if so, else one more or less. */
#define IS(value, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), 0, (otherwise))
#define HAS(bits, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (uint32_t)(bits), 0, (otherwise))
#define COUNT(filter)        (sizeof(filter) / sizeof(*(filter)))

static bool install(struct sock_filter *filter, size_t count)
{
    struct sock_fprog program = {.len = (unsigned short)count, .filter = filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

bool ab_refuse(long call, int error)
{
    struct sock_filter filter[] = {LOAD(CALL), IS(call, 1), FAIL(error), ANSWER(SECCOMP_RET_ALLOW)};

    return install(filter, COUNT(filter));
}

bool ab_refuse_with(long call, unsigned argument, uint32_t value, int error)
{
    struct sock_filter filter[] = {
        LOAD(CALL), IS(call, 3), LOAD(ARGUMENT(argument)), IS(value, 1), FAIL(error), ANSWER(SECCOMP_RET_ALLOW),
    };

    return install(filter, COUNT(filter));
}

/* The flags of clone3 are in memory, where a filter does not see them; without it there is clone. */
bool ab_refuse_threads(void)
{
    struct sock_filter filter[] = {
        LOAD(CALL), IS(SYS_clone, 3), LOAD(ARGUMENT(0)), HAS(CLONE_THREAD, 1), FAIL(EAGAIN), ANSWER(SECCOMP_RET_ALLOW),
    };

    return ab_refuse(SYS_clone3, ENOSYS) && install(filter, COUNT(filter));
}
