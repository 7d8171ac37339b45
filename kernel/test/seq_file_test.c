/* seq_file_test.c: what show() prints is read, record by record, in whatever pieces, and nothing of a record that failed.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/seq_file.h"

#include "kernel/files/proc_fs.h"
#include "kernel/locking/rculist.h"
#include "kernel/test/files_test.h"
#include "kernel/test/rcu_test.h"
#include "kernel/test/test.h"
#include "lib/err.h"
#include "lib/string.h"

/* ---- Records: 0 is short, 1 is longer than the first buffer, 2 is skipped, 3 is short ---- */

#define RECORDS  4
#define LONG     5000
#define EXPECTED (9 + 9 + LONG + 9)

static unsigned int starts, stops;
static int fails; /* the record whose show() does */

static void *records_start(struct seq_file *seq, loff_t *pos)
{
	starts++;
	return *pos < RECORDS ? pos : NULL;
}

static void *records_next(struct seq_file *seq, void *record, loff_t *pos)
{
	++*pos;
	return *pos < RECORDS ? pos : NULL;
}

static void records_stop(struct seq_file *seq, void *record)
{
	stops++;
}

static int records_show(struct seq_file *seq, void *record)
{
	loff_t index = *(loff_t *)record;

	seq_printf(seq, "record %lld", index);
	for (int i = 0; i < LONG && index == 1; i++)
		seq_putc(seq, '.');
	seq_puts(seq, "\n");
	if (index == fails)
		return -EIO;
	return index == 2 ? SEQ_SKIP : 0;
}

static const struct seq_operations records = { records_start, records_stop, records_next,
					       records_show };

TEST(seq_file)
{
	struct proc_dir_entry *dir = proc_mkdir("test_dir", NULL);
	char *user = user_begin();

	fails = -1;
	starts = stops = 0;
	EXPECT(dir && proc_create_seq("records", 0, dir, &records));
	EXPECT_EQ(cat("/proc/test_dir/records", user, USER_SIZE), EXPECTED);
	EXPECT(!strncmp(user, "record 0\nrecord 1....", 20));
	EXPECT(!strcmp(user + EXPECTED - 12, "..\nrecord 3\n"));
	// Record 0; record 1, for which there is no room, and again; then the end.
	EXPECT(starts == 4 && stops == 4);
	EXPECT_EQ(cat("/proc/test_dir", user, 9), -EISDIR);
	proc_remove(dir);
	EXPECT_EQ(cat("/proc/test_dir/records", user, 9), -ENOENT);
	user_end(user);
}

TEST(seq_file_in_pieces)
{
	struct proc_dir_entry *entry = proc_create_seq("records", 0, NULL, &records);
	struct file *file = filp_open("/proc/records", O_RDONLY, 0);
	char *user = user_begin();
	size_t sum = 0;
	ssize_t n;

	fails = -1;
	REQUIRE(entry && !IS_ERR(file));
	EXPECT_EQ(vfs_read(file, user, 0, &file->f_pos), 0);
	while ((n = vfs_read(file, user + sum, 7, &file->f_pos)) > 0)
		sum += (size_t)n;
	EXPECT_EQ(sum, EXPECTED);
	EXPECT(!strcmp(user + EXPECTED - 12, "..\nrecord 3\n"));
	EXPECT_EQ(file->f_op->llseek(file, 0, SEEK_SET), 0);
	EXPECT_EQ(vfs_read(file, user, 9, &file->f_pos), 9);
	EXPECT(!strncmp(user, "record 0\n", 9));
	filp_close(file, NULL);
	proc_remove(entry);
	user_end(user);
}

/* What a record has printed that failed is not read; those before it are, and then the error is. */
TEST(seq_file_error)
{
	struct proc_dir_entry *entry = proc_create_seq("records", 0, NULL, &records);
	char *user = user_begin();

	REQUIRE(entry);
	fails = 0;
	EXPECT_EQ(cat("/proc/records", user, USER_SIZE), -EIO);
	EXPECT_EQ(*user, '\0');
	fails = 3;
	EXPECT_EQ(cat("/proc/records", user, USER_SIZE), -EIO);
	EXPECT_EQ(strlen(user), EXPECTED - 9);
	proc_remove(entry);
	user_end(user);
}

/* ---- One record ---- */

static unsigned int shows;

static int single_show(struct seq_file *seq, void *unused)
{
	shows++;
	for (int i = 0; i < 700; i++)
		seq_printf(seq, "%d:%s\n", i, (const char *)seq->private);
	return 0;
}

#define SINGLE (10 * 6 + 90 * 7 + 600 * 8)

static int sized_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, single_show, pde_data(inode), SINGLE + 1);
}

static const struct proc_ops sized_ops = { .proc_open = sized_open,
					   .proc_read = seq_read,
					   .proc_lseek = seq_lseek,
					   .proc_release = single_release };

TEST(seq_file_single)
{
	struct proc_dir_entry *single, *sized;
	char *user = user_begin();

	single = proc_create_single_data("single", 0, NULL, single_show, "abc");
	sized = proc_create_data("sized", 0, NULL, &sized_ops, "abc");
	REQUIRE(single && sized);
	shows = 0;
	EXPECT_EQ(cat("/proc/single", user, USER_SIZE), SINGLE);
	EXPECT(strstr(user, "\n699:abc\n"));
	EXPECT_EQ(shows, 2); // There was no room at first.
	EXPECT_EQ(cat("/proc/sized", user, USER_SIZE), SINGLE);
	EXPECT_EQ(shows, 3);
	proc_remove(single);
	proc_remove(sized);
	user_end(user);
}

static int padded_show(struct seq_file *seq, void *unused)
{
	seq_setwidth(seq, 5);
	seq_puts(seq, "ab");
	seq_pad(seq, '|');
	seq_setwidth(seq, 1);
	seq_puts(seq, "long");
	seq_pad(seq, '\0');
	seq_escape(seq, " a\nb", " \n");
	return 0;
}

TEST(seq_file_forms)
{
	struct proc_dir_entry *entry = proc_create_single("padded", 0, NULL, padded_show);
	char *user = user_begin();

	REQUIRE(entry);
	cat("/proc/padded", user, USER_SIZE);
	EXPECT(!strcmp(user, "ab   |long\\040a\\012b"));
	proc_remove(entry);
	user_end(user);
}

/* ---- Lists ---- */

static void walk_unread(void *head)
{
	seq_hlist_start_rcu(head, 0);
}

TEST(seq_file_hlist)
{
	struct hlist_node nodes[3];
	HLIST_HEAD(head);
	loff_t pos = 0;
	void *node;

	EXPECT(!seq_hlist_start(&head, 0));
	for (int i = 2; i >= 0; i--)
		hlist_add_head(&nodes[i], &head);
	EXPECT(seq_hlist_start(&head, 2) == &nodes[2] && !seq_hlist_start(&head, 3));
	rcu_read_lock();
	node = seq_hlist_start_head_rcu(&head, 0);
	EXPECT(node == SEQ_START_TOKEN && seq_hlist_start_head_rcu(&head, 3) == &nodes[2]);
	for (int i = 0; i < 3; i++) {
		node = seq_hlist_next_rcu(node, &head, &pos);
		EXPECT(node == &nodes[i]);
	}
	EXPECT(!seq_hlist_next_rcu(node, &head, &pos) && pos == 4);
	rcu_read_unlock();
	if (CONFIG_CHECKED)
		EXPECT(panics_alone(walk_unread, &head, "a walk at seq_hlist_start_rcu"));
}
