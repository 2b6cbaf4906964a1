/*
 * Owns what /proc tells of ports. Everything in it may be absent or forbidden; what cannot be known is left out.
 */
#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "text.h"

enum { TCP_LISTEN = 0x0a, MOST = 64 };

struct holder {
    unsigned long inode;
    unsigned uid;
    long pid; /* 0: not known */
    char program[64];
};

struct holders {
    struct holder items[MOST];
    size_t count;
};

/* ---- sockets */

/* A line of /proc/net: "0: 00000000:CDF2 00000000:0000 07 …:… …:… … 1000 0 20381 …". */
static bool read_line(const char *line, bool tcp, uint16_t port, struct holder *holder)
{
    unsigned local = 0, state = 0;
    *holder = (struct holder){0};
    if (sscanf(line, " %*[^:]: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %u %*s %lu", &local, &state, &holder->uid,
               &holder->inode) != 4)
        return false;
    return local == port && (!tcp || state == TCP_LISTEN);
}

static void read_table(const char *file, bool tcp, uint16_t port, struct holders *holders)
{
    char line[512];
    FILE *in = fopen(file, "re");
    while (in && holders->count < MOST && fgets(line, sizeof line, in)) {
        if (read_line(line, tcp, port, &holders->items[holders->count]))
            holders->count++;
    }
    if (in)
        fclose(in);
}

/* ---- processes */

static struct holder *find(struct holders *holders, unsigned long inode)
{
    for (size_t i = 0; i < holders->count; i++) {
        if (holders->items[i].inode == inode && holders->items[i].pid == 0)
            return &holders->items[i];
    }
    return NULL;
}

static void read_program(struct holder *holder)
{
    char file[64];
    snprintf(file, sizeof file, "/proc/%ld/comm", holder->pid);
    FILE *in = fopen(file, "re");
    if (in && !fgets(holder->program, sizeof holder->program, in))
        holder->program[0] = '\0';
    if (in)
        fclose(in);
    holder->program[strcspn(holder->program, "\n")] = '\0';
}

static void look_into(long pid, struct holders *holders)
{
    char folder[64];
    snprintf(folder, sizeof folder, "/proc/%ld/fd", pid);
    DIR *descriptors = opendir(folder);
    const struct dirent *entry = NULL;
    while (descriptors && (entry = readdir(descriptors))) {
        char target[64];
        unsigned long inode = 0;
        ssize_t size = readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        struct holder *holder = sscanf(target, "socket:[%lu]", &inode) == 1 ? find(holders, inode) : NULL;
        if (!holder)
            continue;
        holder->pid = pid;
        read_program(holder);
    }
    if (descriptors)
        closedir(descriptors);
}

static void find_processes(struct holders *holders)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry = NULL;
    while (processes && (entry = readdir(processes))) {
        if (isdigit((unsigned char)entry->d_name[0]))
            look_into(strtol(entry->d_name, NULL, 10), holders);
    }
    if (processes)
        closedir(processes);
}

/* ---- telling */

static json_t *describe(const struct holder *holder)
{
    json_t *object = json_pack("{s:i}", "uid", (int)holder->uid);
    json_t *program = json_string(holder->program);
    if (!program)
        program = json_string("?"); /* not UTF-8 */
    if (!object || !program || (holder->pid && json_object_set_new(object, "pid", json_integer(holder->pid)) < 0) ||
        (holder->pid && json_object_set(object, "program", program) < 0))
        tool_out_of_memory();
    json_decref(program);
    return object;
}

/* A program may have several sockets there. */
static bool is_first_of_its_process(const struct holders *holders, size_t index)
{
    long pid = holders->items[index].pid;
    for (size_t i = 0; pid != 0 && i < index; i++) {
        if (holders->items[i].pid == pid)
            return false;
    }
    return pid != getpid();
}

json_t *tool_holders(bool tcp, uint16_t port)
{
    struct holders holders = {.count = 0};
    read_table(tcp ? "/proc/net/tcp" : "/proc/net/udp", tcp, port, &holders);
    read_table(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", tcp, port, &holders);
    if (holders.count > 0)
        find_processes(&holders);
    json_t *array = json_array();
    for (size_t i = 0; i < holders.count; i++) {
        if (is_first_of_its_process(&holders, i) && json_array_append_new(array, describe(&holders.items[i])) < 0)
            tool_out_of_memory();
    }
    if (!array)
        tool_out_of_memory();
    return array;
}

char *tool_holders_text(const json_t *holders)
{
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    for (size_t i = 0; i < json_array_size(holders); i++) {
        const json_t *holder = json_array_get(holders, i);
        const char *program = json_string_value(json_object_get(holder, "program"));
        fputs(i > 0 ? ", " : "", out);
        if (program)
            fprintf(out, "%s (pid %lld)", program, (long long)json_integer_value(json_object_get(holder, "pid")));
        else
            fprintf(out, "a program of user %lld", (long long)json_integer_value(json_object_get(holder, "uid")));
    }
    if (json_array_size(holders) == 0)
        fputs("nobody", out);
    return tool_writer_close(&writer);
}
