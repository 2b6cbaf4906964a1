/* core/notice: who owns what a notice holds, and when it goes. */

#include "failing.h"
#include "harness.h"

#include "base/memory.h"
#include "core/notice.h"

static struct ab_list queue;

static void setup(void)
{
    ab_failing_install();
    ab_list_init(&queue);
}

static void teardown(void)
{
    ck_assert_int_eq(ab_failing_live(), 0);
    ck_assert_int_eq(ab_failing_live_json(), 0);
    ab_failing_remove();
}

/* One of everything. */
static void fill(struct ab_notice *notice)
{
    notice->change = 1;
    notice->code = -2;
    notice->level = 3;
    notice->service = ab_text_new("s", 1);
    notice->name = ab_text_new("n", 1);
    notice->value.json = json_string("v");
    notice->error_type = ab_strdup("type");
    notice->error_text = ab_strdup("text");
    notice->error_details = json_object();
}

static bool is_empty(const struct ab_notice *notice)
{
    return !notice->service && !notice->name && !ab_value_present(&notice->value) && !notice->error_type &&
           !notice->error_text && !notice->error_details && !notice->request;
}

START_TEST(a_notice_of_its_own_goes_with_all_it_holds)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_VALUE, &queue);

    ck_assert_int_eq(notice->kind, AB_NOTICE_VALUE);
    ck_assert_ptr_eq(notice->target, &queue);
    ck_assert(is_empty(notice));
    ck_assert(!ab_list_linked(&notice->node));
    fill(notice);
    ab_list_append(&queue, &notice->node);
    ab_notice_release(notice);
    ck_assert(ab_list_empty(&queue));
    ab_notice_release(NULL);
}
END_TEST

START_TEST(without_memory_there_is_none)
{
    ab_failing_arm(0, false);
    ck_assert_ptr_null(ab_notice_new(AB_NOTICE_LOG, NULL));
}
END_TEST

START_TEST(emptying_twice_is_harmless)
{
    struct ab_notice notice;

    ab_notice_init(&notice, AB_NOTICE_EVENT, NULL);
    fill(&notice);
    ab_notice_deinit(&notice);
    ck_assert(is_empty(&notice));
    ab_notice_deinit(&notice);
}
END_TEST

/* What a notice is part of, as a call or a subscription is. */
struct whole {
    int released;
    struct ab_notice notice;
};

static void released(struct ab_notice *notice)
{
    struct whole *whole = AB_CONTAINER(notice, struct whole, notice);

    ck_assert(is_empty(notice));
    ck_assert(!ab_list_linked(&notice->node));
    whole->released++;
}

static void freed(struct ab_notice *notice)
{
    ab_free(AB_CONTAINER(notice, struct whole, notice));
}

START_TEST(a_part_is_handed_back_empty_and_can_be_used_again)
{
    struct whole whole = {0};

    ab_notice_init(&whole.notice, AB_NOTICE_VALUE, NULL);
    whole.notice.release = released;
    for (int i = 1; i <= 2; i++) {
        fill(&whole.notice);
        ab_list_append(&queue, &whole.notice.node);
        ab_notice_release(&whole.notice);
        ck_assert_int_eq(whole.released, i);
        ck_assert(ab_list_empty(&queue));
    }
}
END_TEST

START_TEST(moving_releases_the_source_and_keeps_what_it_held)
{
    struct whole *whole = ab_calloc(1, sizeof(*whole));
    struct ab_notice mine;

    ab_notice_init(&whole->notice, AB_NOTICE_COMPLETION, &queue);
    whole->notice.release = freed;
    fill(&whole->notice);
    ab_list_append(&queue, &whole->notice.node);
    ab_notice_move(&mine, &whole->notice);
    ck_assert(ab_list_empty(&queue));
    ck_assert(!ab_list_linked(&mine.node));
    ck_assert_ptr_null(mine.release);
    ck_assert_int_eq(mine.kind, AB_NOTICE_COMPLETION);
    ck_assert_ptr_eq(mine.target, &queue);
    ck_assert_int_eq(mine.change, 1);
    ck_assert_int_eq(mine.code, -2);
    ck_assert_int_eq(mine.level, 3);
    ck_assert_str_eq(mine.service->data, "s");
    ck_assert_str_eq(mine.name->data, "n");
    ck_assert_str_eq(json_string_value(mine.value.json), "v");
    ck_assert_str_eq(mine.error_type, "type");
    ck_assert_str_eq(mine.error_text, "text");
    ck_assert(json_is_object(mine.error_details));
    ab_notice_deinit(&mine);
}
END_TEST

START_TEST(moving_frees_a_block_of_its_own)
{
    struct ab_notice *notice = ab_notice_new(AB_NOTICE_SERVICES, NULL);
    struct ab_notice mine;

    fill(notice);
    ab_notice_move(&mine, notice);
    ab_notice_deinit(&mine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notice");
    TCase *basics = tcase_create("basics");

    tcase_add_checked_fixture(basics, setup, teardown);
    tcase_add_test(basics, a_notice_of_its_own_goes_with_all_it_holds);
    tcase_add_test(basics, without_memory_there_is_none);
    tcase_add_test(basics, emptying_twice_is_harmless);
    tcase_add_test(basics, a_part_is_handed_back_empty_and_can_be_used_again);
    tcase_add_test(basics, moving_releases_the_source_and_keeps_what_it_held);
    tcase_add_test(basics, moving_frees_a_block_of_its_own);
    suite_add_tcase(suite, basics);
    return ab_test_run(suite);
}
