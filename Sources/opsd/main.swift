import ArgumentParser
import Workbench

OPSDCommand.main()
