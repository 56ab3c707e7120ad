"""jupyter_kernel_test, the reference suite: all of its thirteen tests, with every attribute set."""

import jupyter_kernel_test


class OPSDTests(jupyter_kernel_test.KernelTests):
    kernel_name = "opsd"
    language_name = "swift"
    file_extension = ".swift"

    code_hello_world = 'print("hello, world")'
    code_stderr = 'printError("careful")'
    completion_samples = [
        {"text": "addit", "matches": {"addition"}},
        {"text": "clearO", "matches": {"clearOutput"}},
        {"text": "let probability = 1; proba", "matches": {"probability"}},
    ]
    complete_code_samples = ["6 * 7", "let x = 1", "func twice(_ n: Int) -> Int { return 2 * n }", "", "// nothing"]
    incomplete_code_samples = ["if 1 < 2 {", "print(", "[1, 2,", "let x =", "/* not closed"]
    invalid_code_samples = ["let = 3", ")", "6 * * 7"]
    code_page_something = 'page("text")'
    code_generate_error = "1 / 0"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"stu" + "dent"', "result": "student"},
        {"code": "[1, 2, 3].map { $0 * $0 }", "result": "[1, 4, 9]"},
    ]
    code_display_data = [
        {"code": "show(42)", "mime": "text/plain"},
        {"code": "show(plot([3, 2, 1]))", "mime": "image/png"},
    ]
    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "addition"
    code_clear_output = "clearOutput()"


class OPSDWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "opsd"
    support_iopub_welcome = True
