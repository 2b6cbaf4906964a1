/*
 * lamp-glib: the lamp of lamp.c in a main loop of GLib, as programs with GTK have it too.
 *
 *     lamp-glib NAME [SECONDS]
 *
 * The pattern to copy: a source for the queue's descriptor, whose function dispatches. The callbacks
 * then run in the main loop, where they may touch whatever belongs to it.
 */

#include "lamp.h"

#include <glib-unix.h>
#include <glib.h>
#include <unistd.h>

struct loop {
    struct lamp lamp;
    GMainLoop *main;
};

static gboolean on_callbacks(gint descriptor, GIOCondition condition, gpointer user_data)
{
    struct loop *loop = user_data;
    (void)descriptor;
    (void)condition;
    if (autobus_queue_dispatch(loop->lamp.queue, 0) < 0)
        g_main_loop_quit(loop->main);
    return G_SOURCE_CONTINUE;
}

static gboolean on_switch(gint descriptor, GIOCondition condition, gpointer user_data)
{
    struct loop *loop = user_data;
    (void)condition;
    return lamp_read_switch(&loop->lamp, descriptor) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean on_second(gpointer user_data)
{
    struct loop *loop = user_data;
    lamp_second_passed(&loop->lamp);
    return G_SOURCE_CONTINUE;
}

static gboolean on_signal(gpointer user_data)
{
    struct loop *loop = user_data;
    g_main_loop_quit(loop->main);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    struct loop loop = {.main = NULL};
    int status = lamp_open(&loop.lamp, argc, argv);
    if (status != 0)
        return status;

    loop.main = g_main_loop_new(NULL, FALSE);
    guint callbacks = g_unix_fd_add(autobus_queue_fd(loop.lamp.queue), G_IO_IN, on_callbacks, &loop);
    g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_switch, &loop);
    g_timeout_add_seconds(1, on_second, &loop);
    g_unix_signal_add(SIGINT, on_signal, &loop);
    g_unix_signal_add(SIGTERM, on_signal, &loop);
    g_main_loop_run(loop.main);

    g_source_remove(callbacks); /* before the descriptor ends with the queue */
    g_main_loop_unref(loop.main);
    lamp_close(&loop.lamp);
    return 0;
}
