/*
 * Owns the terminal's state, and the sequences that it understands. Must not know what is on the screen.
 *
 * Without ncurses: it redraws whole lines, which takes seven sequences of ECMA-48 and xterm that every terminal of today
 * has, and a database of terminals would know nothing better. Where TERM is "dumb" or not set there is no screen.
 *
 * Invariant: while `taken`, `before` is what the terminal was like, and whoever swaps `taken` to false gives it back.
 */
#include "screen.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "message.h"
#include "text.h"

/* The other screen, no cursor, no wrapping of lines; and back. */
static const char enter_sequence[] = "\033[?1049h\033[?25l\033[?7l\033[2J";
static const char leave_sequence[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

static struct {
    atomic_bool taken;
    bool prepared; /* handlers are in place */
    int fd;        /* where keys come from, if they do */
    struct termios before;
} screen;

bool tool_screen_is_possible(void)
{
    const char *terminal = getenv("TERM");
    return tool_output_is_terminal() && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

void tool_screen_leave(void)
{
    if (!atomic_exchange(&screen.taken, false))
        return;
    ssize_t written = write(STDOUT_FILENO, leave_sequence, sizeof leave_sequence - 1);
    (void)written; /* the terminal is gone: then it needs nothing */
    tcsetattr(screen.fd, TCSAFLUSH, &screen.before);
}

static void on_fatal(int signal)
{
    tool_screen_leave();
    raise(signal); /* SA_RESETHAND: now it kills */
}

/* A sanitizer's own handlers stay. */
static void prepare(void)
{
    static const int signals[] = {SIGQUIT, SIGILL,  SIGABRT, SIGBUS,  SIGFPE, SIGSEGV,
                                  SIGSYS,  SIGXCPU, SIGALRM, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) < 0 || action.sa_handler != SIG_DFL)
            continue;
        action.sa_handler = on_fatal;
        action.sa_flags = (int)SA_RESETHAND | SA_NODEFER;
        sigaction(signals[i], &action, NULL);
    }
    tool_message_before_death(tool_screen_leave);
    screen.prepared = true;
}

int tool_screen_enter(void)
{
    if (!screen.prepared)
        prepare();
    screen.fd = isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : STDOUT_FILENO;
    if (!atomic_load(&screen.taken) && tcgetattr(screen.fd, &screen.before) < 0)
        return -1;
    struct termios raw = screen.before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* ^C and ^Z stay signals */
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    atomic_store(&screen.taken, true);
    if (tcsetattr(screen.fd, TCSADRAIN, &raw) < 0) {
        atomic_store(&screen.taken, false);
        return -1;
    }
    tool_output_block(enter_sequence, sizeof enter_sequence - 1);
    return 0;
}

void tool_screen_size(size_t *ret_width, size_t *ret_height)
{
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    *ret_width = known ? size.ws_col : 80;
    *ret_height = known ? size.ws_row : 24;
}

/* Each line is cleared before it is written: after a full line the cursor is still on its last character. */
void tool_screen_draw(const struct tool_screen_line *lines, size_t count)
{
    size_t width = 0, height = 0;
    struct tool_writer writer;
    FILE *out = tool_writer_open(&writer);
    tool_screen_size(&width, &height);
    fputs("\033[H", out);
    for (size_t i = 0; i < height; i++) {
        const struct tool_screen_line *line = i < count ? &lines[i] : &(struct tool_screen_line){"", TOOL_PLAIN};
        fprintf(out, "%s%s\033[K%s%s", i > 0 ? "\r\n" : "", tool_paint(line->paint), line->text,
                tool_paint(TOOL_PLAIN));
    }
    char *frame = tool_writer_close(&writer);
    tool_output_block(frame, writer.size);
    free(frame);
}
