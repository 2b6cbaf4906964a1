/*
 * Making and ending notices. Knows what a notice holds, and neither who makes nor who hears it.
 */
#include "core/notice.h"

#include <string.h>

#include "base/memory.h"
#include "core/request.h"

void ab_notice_init(struct ab_notice *notice, enum ab_notice_kind kind, void *target)
{
    memset(notice, 0, sizeof(*notice));
    ab_list_init(&notice->node);
    notice->kind = kind;
    notice->target = target;
}

void ab_notice_stays(struct ab_notice *notice)
{
    (void)notice;
}

struct ab_notice *ab_notice_new(enum ab_notice_kind kind, void *target)
{
    struct ab_notice *notice = ab_malloc(sizeof(*notice) + AB_NOTICE_ROOM);

    if (notice)
        ab_notice_init(notice, kind, target);
    return notice;
}

/* The request goes last: the notice may be part of it. */
void ab_notice_deinit(struct ab_notice *notice)
{
    struct ab_request *request = notice->request;

    notice->service = ab_text_unref(notice->service);
    notice->name = ab_text_unref(notice->name);
    ab_value_deinit(&notice->value);
    ab_free(notice->error_type);
    ab_free(notice->error_text);
    json_decref(notice->error_details);
    notice->error_type = NULL;
    notice->error_text = NULL;
    notice->error_details = NULL;
    notice->request = NULL;
    ab_request_unref(request);
}

static void give_back(struct ab_notice *notice, void (*release)(struct ab_notice *))
{
    if (release)
        release(notice);
    else
        ab_free(notice);
}

void ab_notice_release(struct ab_notice *notice)
{
    void (*release)(struct ab_notice *);

    if (!notice)
        return;
    release = notice->release;
    ab_list_remove(&notice->node);
    ab_notice_deinit(notice);
    give_back(notice, release);
}

void ab_notice_say(struct ab_notice *to, struct ab_notice *from)
{
    struct ab_text *service = to->service;
    struct ab_text *name = to->name;

    to->service = NULL;
    to->name = NULL;
    ab_notice_deinit(to);
    to->code = from->code;
    to->value = ab_value_move(&from->value);
    to->error_type = from->error_type;
    to->error_text = from->error_text;
    to->error_details = from->error_details;
    from->error_type = NULL;
    from->error_text = NULL;
    from->error_details = NULL;
    ab_notice_release(from);
    to->service = service;
    to->name = name;
}

void ab_notice_move(struct ab_notice *to, struct ab_notice *from)
{
    void (*release)(struct ab_notice *) = from->release;

    ab_list_remove(&from->node);
    *to = *from;
    ab_list_init(&to->node);
    to->release = NULL;
    from->service = NULL;
    from->name = NULL;
    from->value = AB_VALUE_ABSENT;
    from->error_type = NULL;
    from->error_text = NULL;
    from->error_details = NULL;
    from->request = NULL;
    give_back(from, release);
}
